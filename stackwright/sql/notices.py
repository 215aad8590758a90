"""What files say while they run: RAISE NOTICE and RAISE WARNING, for a person to read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg.errors import Diagnostic

from stackwright.sql.database import Connection

MOST = 200
"""A file may loop over a million rows; nobody reads that."""

_NOISE = "skipping"
"""How the server ends its own remarks on IF EXISTS and IF NOT EXISTS."""


@contextmanager
def heard(connection: Connection) -> Iterator[Sequence[str]]:
    """The notices of a session for the length of a block, each one line, in their order."""
    said: list[str] = []

    def hear(notice: Diagnostic) -> None:
        message = " ".join((notice.message_primary or "").split())
        if message.endswith(_NOISE) or len(said) > MOST:
            return
        said.append(message if len(said) < MOST else "... and more")

    connection.add_notice_handler(hear)
    try:
        yield said
    finally:
        connection.remove_notice_handler(hear)
