"""Files of a backup as streams, encrypted on their way to the disk when there is a key.

The cipher is OpenSSL's own program (`enc -aes-256-ctr -pbkdf2`), so that a backup can be opened
anywhere without us; it reaches it through a pipe, never through arguments or the environment.
Counter mode proves nothing about who wrote a file: the manifest does (`Manifest.mac`, over the
SHA-256 of every encrypted file). See docs/decisions/0008-backups.md.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from stackwright.errors import StackwrightError, UserInput

VARIABLE = "STACKWRIGHT_BACKUP_KEY"
SHORTEST = 16
ITERATIONS = 600_000  # OWASP's advice for PBKDF2 with SHA-256
_ENC = ["enc", "-aes-256-ctr", "-pbkdf2", "-md", "sha256", "-iter", str(ITERATIONS), "-salt"]


class CannotSeal(StackwrightError):
    """The cipher's program is missing or failed."""


def checked(key: str | None) -> str | None:
    """The key as given; none for an empty one; raises `UserInput` for one that can be guessed."""
    if not key:
        return None
    if len(key) < SHORTEST or "\n" in key:
        raise UserInput(
            f"{VARIABLE} must be one line of at least {SHORTEST} characters, for example what "
            "`openssl rand -base64 32` prints"
        )
    return key


def description() -> Mapping[str, Any]:
    """What a manifest says of an encrypted backup: enough to open it without us."""
    return {
        "cipher": "aes-256-ctr",
        "kdf": f"pbkdf2-sha256-{ITERATIONS}",
        "open_with": f"openssl {' '.join(_ENC)} -d -pass env:{VARIABLE}",
        "mac_salt": secrets.token_hex(16),
    }


@contextmanager
def written(path: Path, key: str | None) -> Iterator[IO[bytes]]:
    """A new private file to write into, or to give to a process as its output."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if key is None:
            yield file
            return
        with _cipher([], key, stdin=subprocess.PIPE, stdout=file) as process:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            yield process.stdin
            process.stdin.close()
            _finish(process, path)


@contextmanager
def opened(path: Path, key: str | None) -> Iterator[IO[bytes]]:
    """A file to read from, or to give to a process as its input; it need not be read to its end."""
    with path.open("rb") as file:
        if key is None:
            yield file
            return
        with _cipher(["-d"], key, stdin=file, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            yield process.stdout


def content(path: Path, key: str | None) -> bytes:
    """The whole of a small file."""
    with opened(path, key) as file:
        return file.read()


@contextmanager
def _cipher(
    options: list[str], key: str, *, stdin: Any, stdout: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """OpenSSL at work, its key in a pipe; ended with the block."""
    program = shutil.which("openssl")
    if program is None:
        raise CannotSeal(
            f"{VARIABLE} is set but `openssl` is not on PATH: install it, or unset the variable"
        )
    reader, writer = os.pipe()
    try:
        os.write(writer, f"{key}\n".encode())
        os.close(writer)
        process = subprocess.Popen(
            [program, *_ENC, *options, "-pass", f"fd:{reader}"],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            pass_fds=[reader],
        )
    finally:
        os.close(reader)
    try:
        yield process
    finally:
        for pipe in (process.stdout, process.stdin):
            if pipe is not None and not pipe.closed:
                pipe.close()
        if process.poll() is None:
            process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def _finish(process: subprocess.Popen[bytes], path: Path) -> None:
    if process.wait() != 0:
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        raise CannotSeal(f"openssl could not encrypt {path.name}: {' '.join(said.split())[:200]}")
