"""What the tests of the engine share: one run, one look at the ledger, plain queries."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg

from stackwright.sql import ledger
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import reading, writing
from stackwright.sql.migration import load
from stackwright.sql.plan import Plan
from stackwright.sql.record import Runner

RUNNER = Runner("ada@laptop", "0123abc")


def run(dsn: str, folder: Path, runner: Runner = RUNNER, **options: Any) -> Plan:
    """Apply a folder's migrations, as a run of its own."""

    async def once() -> Plan:
        async with writing(dsn) as database:
            return await apply(database, load(folder), runner, Options(**options))

    return asyncio.run(once())


def read_ledger(dsn: str) -> ledger.Ledger:
    """The ledger as a preview reads it."""

    async def once() -> ledger.Ledger:
        async with reading(dsn) as database:
            return await ledger.read(database)

    return asyncio.run(once())


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query; statements without rows give none."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []
