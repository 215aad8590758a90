"""Obtains the Pulumi CLI as its official installer does: the release's archive, unpacked.

Source of the address and of the archive's names: the install script that https://get.pulumi.com
answers with. The archive is trusted as far as TLS is; there is no second source for its hash.
"""

import platform
import shutil
import socket
import sys
import tarfile
import urllib.error
import urllib.request
from io import BufferedIOBase
from pathlib import Path
from threading import Thread
from typing import IO
from urllib.parse import urlsplit

from stackwright.toolchain import versions
from stackwright.toolchain.progress import Progress

RELEASES = "https://get.pulumi.com/releases/sdk"
_PATIENCE = 4.0  # seconds for the first connection; a machine without network shall not wait longer
_STALL = 30.0  # seconds without a byte during the download


class Unreachable(Exception):
    """The archive cannot be had from here; another way must be tried."""


def archive_name(system: str = sys.platform, machine: str = platform.machine()) -> str:
    """The archive's file name for an operating system and a processor."""
    processor = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    return f"pulumi-v{versions.PULUMI}-{system}-{processor}.tar.gz"


def download(target: Path, progress: Progress, releases: str = RELEASES) -> None:
    """Puts the CLI and the Python language host into `target`. Raises Unreachable."""
    if not _reachable(releases):
        raise Unreachable(f"{urlsplit(releases).hostname} does not answer")
    try:
        with urllib.request.urlopen(f"{releases}/{archive_name()}", timeout=_STALL) as answer:  # noqa: S310 - a constant https address
            _unpack(_Counted(answer, progress), target)
    except (urllib.error.URLError, OSError, tarfile.TarError) as error:
        raise Unreachable(str(error)) from error


def _reachable(address: str) -> bool:
    """Whether the host accepts connections. The look-up of its name counts in the patience too."""
    parts = urlsplit(address)
    if not parts.hostname or urllib.request.getproxies().get(parts.scheme):
        return True  # a file, or somebody else connects for us
    place = (parts.hostname, parts.port or 443)
    answered: list[bool] = []
    attempt = Thread(target=_connect, args=(place, answered), daemon=True)
    attempt.start()
    attempt.join(_PATIENCE)
    return bool(answered)


def _connect(place: tuple[str, int], answered: list[bool]) -> None:
    try:
        socket.create_connection(place, timeout=_PATIENCE).close()
    except OSError:
        return
    answered.append(True)


class _Counted(BufferedIOBase):
    """A stream that reports how much of it was read."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream, self._progress, self._read = stream, progress, 0

    def read(self, size: int | None = -1, /) -> bytes:
        block = self._stream.read(-1 if size is None else size)
        self._read += len(block)
        self._progress.count(f"downloading, {self._read / 1e6:.0f} MB")
        return block


def _unpack(stream: _Counted, target: Path) -> None:
    """Keeps the CLI and what runs Python programs; the other languages' hosts are 100 MB.

    Only the last part of a member's name is used, so that none can land elsewhere. (Not tarfile's
    own filters: the first releases of Python 3.11 lack them.)
    """
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member) if member.isfile() else None
            if content and (name == "pulumi" or "python" in name):
                with (target / name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                (target / name).chmod(0o755)
