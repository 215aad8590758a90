"""Prefetches what a project's edge functions import, so that they start with no network."""

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

    `deno.json` (imports) and `deno.lock` (hashes) of the folder are honoured where they exist.
    """
    functions = entry_points(folder)
    if not functions:
        return
    said = _cache(folder, functions, offline=True)
    if said.returncode:
        progress.step(f"imports of {len(functions)} edge functions")
        said = _cache(folder, functions, offline=False)
        if said.returncode:
            last = (said.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolMissing(f"The imports of {folder} could not be fetched: {last}")
        progress.done("fetched")


def _cache(
    folder: Path, functions: list[Path], *, offline: bool
) -> "subprocess.CompletedProcess[str]":
    """One `deno cache`; offline it only says whether something is missing."""
    options = ["--node-modules-dir=none"]
    if (folder / "deno.lock").exists():
        options += [f"--lock={folder / 'deno.lock'}", "--frozen"]
    if (folder / "deno.json").exists():
        options += [f"--config={folder / 'deno.json'}"]
    if offline:
        options += ["--cached-only"]
    return subprocess.run(
        [deno(), "cache", "--quiet", *options, *functions],
        env=os.environ | {"DENO_DIR": str(deno_dir()), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
