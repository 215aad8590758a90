"""Ports that are chosen once and kept, so that addresses survive a restart of the sandbox."""

import json
import random
import socket
from pathlib import Path

from stackwright.files import replace_text

_FIRST, _LAST = 20_000, 31_999  # below the range from which systems take outgoing ports


class Ports:
    """Loopback ports by name in a JSON file."""

    def __init__(self, path: Path, source: random.Random | None = None) -> None:
        self._path = path
        self._source = source or random.SystemRandom()

    def port(self, name: str) -> int:
        """The port of `name`: the kept one, else a free one that is kept from now on."""
        known = self.all()
        if name not in known:
            known[name] = self._free(set(known.values()))
            self._save(known)
        return known[name]

    def all(self) -> dict[str, int]:
        """Every kept port by name."""
        if not self._path.exists():
            return {}
        known: dict[str, int] = json.loads(self._path.read_text())
        return known

    def release(self, name: str) -> None:
        """Forget a port."""
        known = self.all()
        if known.pop(name, None) is not None:
            self._save(known)

    def adopt(self, others: dict[str, int]) -> None:
        """Give these names these ports again, as they were when addresses were handed out."""
        self._save(self.all() | others)

    def _save(self, known: dict[str, int]) -> None:
        replace_text(self._path, json.dumps(known, indent=2) + "\n")

    def _free(self, taken: set[int]) -> int:
        while True:
            port = self._source.randint(_FIRST, _LAST)
            if port not in taken and is_free(port):
                return port


def is_free(port: int) -> bool:
    """Whether nothing listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
