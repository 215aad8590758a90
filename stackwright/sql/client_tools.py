"""Starts PostgreSQL's own client programs: the password in the environment, never in arguments."""

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stackwright import toolchain
from stackwright.errors import StackwrightError, scrub

Tell = Callable[[str], None]
"""Told which table is on its way; called in another thread."""
KEPT_LINES = 20

_TABLE = re.compile(r'(?:dumping contents of|processing data for) table "(.+)"')


class ToolFailed(StackwrightError):
    """pg_dump, pg_restore or psql failed; the message holds its last words."""


def program(name: str, server_major: int) -> Path:
    """The program, at least as new as the server; raises `ToolMissing`."""
    return toolchain.postgres_client_bin(server_major) / name


def version(path: Path) -> str:
    """`pg_dump 18.4`."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return f"{path.name} {said.stdout.split()[-1]}" if said.stdout.split() else path.name


def address(dsn: str) -> tuple[str, dict[str, str]]:
    """A connection string without its password, and the environment that has it."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    password = parts.pop("password", "")
    return make_conninfo(**parts), {**os.environ, "PGPASSWORD": password}


@contextmanager
def running(
    argv: Sequence[str | Path],
    *,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    stdout: int | IO[Any] = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program at work; raises `ToolFailed` at the end of the block if it failed."""
    with subprocess.Popen(
        argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        said: list[str] = []
        listener = threading.Thread(target=_listen, args=(process.stderr, said, tell))
        listener.start()
        try:
            yield process
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
            listener.join()
        if process.returncode != 0:
            secret = (environment or {}).get("PGPASSWORD", "")
            raise ToolFailed(f"{Path(argv[0]).name} failed: {_words(said, secret)}")


def _listen(stream: IO[bytes], said: list[str], tell: Tell) -> None:
    """Pass on progress; keep the first lines of everything else, which name the cause."""
    for raw in stream:
        line = raw.decode(errors="replace").strip()
        if match := _TABLE.search(line):
            tell(match[1].replace('"', ""))
        elif "error:" in line.lower() or "fatal:" in line.lower():
            said.append(line)
        del said[KEPT_LINES:]


def _words(said: Sequence[str], secret: str) -> str:
    return scrub(" ".join(said), [secret])[:600] or "it said nothing"
