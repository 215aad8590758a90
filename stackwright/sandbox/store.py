"""The state of all stand-ins: JSON documents by kind and id in one SQLite file."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Store:
    """Documents of kinds such as `stripe.price`; `path=None` keeps them in memory.

    Answers are copies: changing one changes nothing until it is `put` back.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        # Whoever forgets `close` (a test with a world in memory) leaves no open connection.
        weakref.finalize(self, self._db.close)
        if path is not None:
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def put(self, kind: str, key: str, body: Document) -> None:
        """Write a document; an existing one keeps its place in `all`."""
        self._run(
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(body)),
        )

    def get(self, kind: str, key: str) -> Document | None:
        """One document, or None."""
        rows = self._run("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, key))
        return _body(rows[0][0]) if rows else None

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        query = "DELETE FROM documents WHERE kind = ? AND id = ? RETURNING 1"
        return bool(self._run(query, (kind, key)))

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind in the order in which they were first put."""
        query = "SELECT body FROM documents WHERE kind = ? ORDER BY position"
        return [_body(row[0]) for row in self._run(query, (kind,))]

    def find(self, kind: str, **fields: Any) -> list[Document]:
        """The documents of a kind whose top-level fields equal the given ones."""
        return [
            body
            for body in self.all(kind)
            if all(body.get(name) == value for name, value in fields.items())
        ]

    def clear(self, kind: str) -> None:
        """Remove every document of a kind."""
        self._run("DELETE FROM documents WHERE kind = ?", (kind,))

    def kinds(self) -> list[str]:
        """The kinds that have documents, sorted."""
        return [row[0] for row in self._run("SELECT DISTINCT kind FROM documents ORDER BY 1", ())]

    def counter(self, name: str) -> int:
        """The next number of a counter: 1, 2, 3 ...; never repeats, not even after `restore`."""
        query = (
            "INSERT INTO counters VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        )
        return int(self._run(query, (name,))[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen or none, even when the process is killed. Never await inside."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def snapshot(self) -> str:
        """Every document as one JSON text, for `restore`."""
        return json.dumps(self._run("SELECT kind, id, body FROM documents ORDER BY position", ()))

    def restore(self, snapshot: str) -> None:
        """Make the documents equal to the snapshot. Counters go on, so that ids stay unique."""
        with self.transaction():
            self._run("DELETE FROM documents", ())
            for kind, key, body in json.loads(snapshot):
                query = "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
                self._run(query, (kind, key, body))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _run(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _body(text: str) -> Document:
    body: Document = json.loads(text)
    return body
