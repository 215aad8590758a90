"""A PostgreSQL that has the extensions which the sandbox emulates, beside its own.

A server looks for extensions in one folder, which it finds from the place of its program. So the
program is copied, all else is linked, and the emulated extensions lie among the links. Nothing of
this reaches the shadow database of a deploy, which runs the program that was copied.
"""

import hashlib
import shutil
from functools import cache
from pathlib import Path

from stackwright import toolchain
from stackwright.toolchain.cache import workshop

_EMULATED = Path(__file__).with_name("pg_cron")
_SHARES = ("share/postgresql", "share")


def postgres_bin() -> Path:
    """The folder of the server's programs. A system's own PostgreSQL is taken as it is."""
    return _extended(toolchain.postgres_bin())


@cache
def _extended(plain: Path) -> Path:
    share = next((name for name in _SHARES if (plain.parent / name / "extension").is_dir()), None)
    if share is None:
        return plain
    words = [str(plain), *(path.read_text() for path in sorted(_EMULATED.iterdir()))]
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]
    target = toolchain.cache_dir() / f"{plain.parent.name}-sandbox-{digest}"
    with workshop(target) as folder:
        if not (folder / "bin").exists():
            _fill(folder, plain.parent, share)
    return target / "bin"


def _fill(folder: Path, plain: Path, share: str) -> None:
    (folder / "lib").symlink_to(plain / "lib")
    extensions = folder / share / "extension"
    extensions.mkdir(parents=True)
    for entry in (plain / share).iterdir():
        if entry.name != "extension":
            (folder / share / entry.name).symlink_to(entry)
    for entry in (plain / share / "extension").iterdir():
        (extensions / entry.name).symlink_to(entry)
    for entry in _EMULATED.iterdir():
        (extensions / entry.name).unlink(missing_ok=True)
        shutil.copyfile(entry, extensions / entry.name)
    shutil.copytree(plain / "bin", folder / "bin")
