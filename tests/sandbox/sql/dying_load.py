"""A load in a process of its own that kills itself at a given message, as a crash would.

`python -m tests.sandbox.sql.dying_load FILE NUMBER`; the address is in the environment. Number 0
never dies; it prints how many messages there were.
"""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg

from stackwright.sql.reference import ReferenceData
from tests.sandbox.sql.codes import loaded

wait = psycopg.AsyncConnection.wait


def main() -> None:
    file, last = sys.argv[1:]
    counted = itertools.count(1)

    async def dying(connection: Any, message: Any, *rest: Any, **named: Any) -> Any:
        """Everything that a connection sends and waits for passes here."""
        waiting = asyncio.ensure_future(wait(connection, message, *rest, **named))
        if next(counted) == int(last):
            await asyncio.sleep(0)  # it is on its way to the server
            os.kill(os.getpid(), signal.SIGKILL)
        return await waiting

    psycopg.AsyncConnection.wait = dying  # type: ignore[assignment]
    loaded(os.environ["DSN"], ReferenceData.load(Path(file)))
    print(next(counted) - 1)


if __name__ == "__main__":
    main()
