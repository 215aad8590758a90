"""Prefetches what a project's edge functions import, so that they start with no network."""

import hashlib
import os
import subprocess
from pathlib import Path

from stackwright.toolchain.cache import deno_dir
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.locate import deno
from stackwright.toolchain.progress import Progress


def entry_points(folder: Path) -> list[Path]:
    """The functions below a folder: every `<slug>/index.ts`, `_shared` left out."""
    return [p for p in sorted(folder.glob("*/index.ts")) if not p.parent.name.startswith("_")]


def prefetch_functions(progress: Progress, folder: Path) -> None:
    """Fills Deno's cache with the imports of all functions. Raises ToolMissing with the reason.

    `deno.json` (imports) and `deno.lock` (hashes) of the folder are honoured where they exist. A
    stamp in the cache spares the next run the look.
    """
    functions = entry_points(folder)
    stamp = deno_dir() / f".prefetched-{_fingerprint(folder)}"
    if not functions or stamp.exists():
        return
    progress.step(f"imports of {len(functions)} edge functions")
    said = _cache(folder, functions)
    if said.returncode:
        last = (said.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolMissing(
            f"The imports of {folder} could not be fetched ({last.strip()}): edge functions that "
            "need them will not start."
        )
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    progress.done("fetched")


def _fingerprint(folder: Path) -> str:
    """Changes with the sources, the import map and the lock."""
    files = sorted({*folder.rglob("*.ts"), *folder.glob("deno.*")})
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


def _cache(folder: Path, functions: list[Path]) -> "subprocess.CompletedProcess[str]":
    options = ["--node-modules-dir=none"]
    if (folder / "deno.lock").exists():
        options += [f"--lock={folder / 'deno.lock'}", "--frozen"]
    if (folder / "deno.json").exists():
        options += [f"--config={folder / 'deno.json'}"]
    return subprocess.run(
        [deno(), "cache", "--quiet", *options, *functions],
        env=os.environ | {"DENO_DIR": str(deno_dir()), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
