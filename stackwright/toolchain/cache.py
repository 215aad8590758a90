"""One folder for what all projects of a user share: CLI, PostgreSQL, modules of functions."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackwright.toolchain import versions

LOCKS = Path(__file__).parent / "locks"


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/stackwright`, else `~/.cache/stackwright`; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stackwright"


def pulumi_dir() -> Path:
    """The folder of the Pulumi CLI and the Python language host of our version."""
    return cache_dir() / f"pulumi-{versions.PULUMI}"


def postgres_dir(major: int = versions.DEFAULT_POSTGRES) -> Path:
    """The folder (with bin, lib and share) of a PostgreSQL that we obtain."""
    return cache_dir() / f"postgres-{versions.POSTGRES[major]}"


def deno_dir() -> Path:
    """Deno's cache of modules: `$DENO_DIR` if set, else one below ours."""
    return Path(os.environ.get("DENO_DIR") or cache_dir() / "deno")


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` if the block succeeds, and vanishes if it does not.

    Other processes that want to obtain something wait meanwhile, so that nothing is built twice;
    what a killed one left behind is removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in target.parent.glob(".obtaining-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if target.exists():
            yield target
            return
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".obtaining-") as folder:
            made = Path(folder) / target.name
            made.mkdir()
            yield made
            made.rename(target)
