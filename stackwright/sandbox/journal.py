"""The record of every request to a stand-in: who was asked what, how it ended, did it write.

Bodies, query strings and headers are never stored: they carry secrets.
"""

import logging
import sqlite3
import threading
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stackwright.sandbox.clock import Clock

log = logging.getLogger(__name__)

_TABLE = """
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    vendor TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    write INTEGER NOT NULL,
    note TEXT
)
"""
_COLUMNS = "number, time, vendor, method, path, status, write, note"
ANSWERED = "sandbox.answered"
"""Scope key: call it with the status of an answer that never reaches the client."""
NO_ANSWER = 0
"""The status of a request whose connection was cut before anything was done."""
NOT_EMULATED = "not emulated"
"""The note of a request whose route the stand-in does not know. Tests fail on it."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Entry:
    """One request. `time` in Unix seconds; `note` such as "not emulated" or "fault: lost"."""

    number: int
    time: float
    vendor: str
    method: str
    path: str
    status: int
    write: bool
    note: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry as one JSON object."""
        return asdict(self)


class Journal:
    """The requests in a SQLite file; `path=None` keeps them in memory."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        # Whoever forgets `close` (a test with a world in memory) leaves no open connection.
        weakref.finalize(self, self._db.close)
        if path is not None:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(_TABLE)

    def record(
        self,
        vendor: str,
        method: str,
        path: str,
        status: int,
        *,
        write: bool,
        note: str | None = None,
    ) -> None:
        """Add a request that has been answered."""
        query = f"INSERT INTO requests ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        values = (self._clock.now(), vendor, method, path, status, write, note)
        with self._lock:
            self._db.execute(query, values)

    def mark(self) -> str:
        """A point in the journal; `entries(since=mark)` gives what came later."""
        with self._lock:
            (number,) = self._db.execute("SELECT coalesce(max(number), 0) FROM requests").fetchone()
        return str(number)

    def entries(self, since: str | None = None, *, last: int | None = None) -> list[Entry]:
        """The requests after a mark, oldest first; only the `last` ones if given."""
        query = (
            f"SELECT {_COLUMNS} FROM requests WHERE number > ?"  # noqa: S608
            " ORDER BY number DESC LIMIT ?"
        )
        values = (int(since or 0), -1 if last is None else last)
        with self._lock:
            rows = self._db.execute(query, values).fetchall()
        return [_entry(row) for row in reversed(rows)]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _entry(row: tuple[Any, ...]) -> Entry:
    number, time, vendor, method, path, status, write, note = row
    return Entry(number, time, vendor, method, path, status, bool(write), note)


class JournalMiddleware:
    """Records each HTTP request that reaches `app`.

    A handler says `request.state.write = False` when a POST changed nothing (or True when a GET
    did), and `request.state.note = "..."` to leave a remark.
    """

    def __init__(self, app: ASGIApp, journal: Journal, vendor: str) -> None:
        self._app = app
        self._journal = journal
        self._vendor = vendor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        scope[ANSWERED] = lambda status: self._record(scope, status)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._record(scope, message["status"])
            await send(message)

        await self._app(scope, receive, watch)

    def _record(self, scope: Scope, status: int) -> None:
        state: dict[str, Any] = scope["state"]
        changed = scope["method"] not in _SAFE
        note = state.get("note")
        if note == NOT_EMULATED:
            log.warning("NOT EMULATED by the sandbox: %s %s", scope["method"], scope["path"])
        self._journal.record(
            self._vendor,
            scope["method"],
            scope["path"],
            status,
            write=state.get("write", changed) and NO_ANSWER < status < 400,
            note=note,
        )
