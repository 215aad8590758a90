"""A run in a process of its own that kills itself at a given message, as a crash would.

`python -m tests.sandbox.sql.dying FOLDER NUMBER before|after`; the address is in the environment.
"""

import os
import signal
import sys
from pathlib import Path

from stackwright.sql import apply, script, steps
from stackwright.sql.database import Connection
from stackwright.sql.script import Script
from tests.sandbox.sql.helpers import run


class Dying:
    """Sends messages until the last one; `after`: that one still reaches the server."""

    def __init__(self, last: int, *, after: bool) -> None:
        self.left, self.after = last, after

    async def send(self, connection: Connection, message: Script) -> None:
        self.left -= 1
        if self.left == 0 and self.after:
            connection.pgconn.send_query(message.text.encode())
            connection.pgconn.flush()
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        await script.send(connection, message)


def main() -> None:
    folder, last, when = sys.argv[1:]
    dying = Dying(int(last), after=when == "after")
    apply.send = steps.send = dying.send  # type: ignore[assignment,attr-defined]
    run(os.environ["DSN"], Path(folder))


if __name__ == "__main__":
    main()
