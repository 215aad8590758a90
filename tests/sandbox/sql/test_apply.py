"""Migrations on a real server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stackwright.clock import ManualClock
from stackwright.sql import ledger
from stackwright.sql.apply import Options, Phase, Progress, apply
from stackwright.sql.database import reading, writing
from stackwright.sql.errors import LedgerConflict, LockBusy, StatementFailed
from stackwright.sql.limits import Limits
from stackwright.sql.migration import load
from stackwright.sql.plan import Plan
from stackwright.sql.record import Runner

RUNNER = Runner("ada@laptop", "0123abc")


def run(dsn: str, folder: Path, **options: Any) -> Plan:
    async def once() -> Plan:
        async with writing(dsn) as database:
            return await apply(database, load(folder), RUNNER, Options(**options))

    return asyncio.run(once())


def read(dsn: str) -> ledger.Ledger:
    async def once() -> ledger.Ledger:
        async with reading(dsn) as database:
            return await ledger.read(database)

    return asyncio.run(once())


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_pending_files_are_applied_once_and_recorded_in_both_ledgers(
    dsn: str, folder: Path
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);\ninsert into one values (1);\n")
    (folder / "2_two.sql").write_text("create table two (id int); -- no line end")
    assert [m.version for m in run(dsn, folder).pending] == ["1", "2"]
    assert run(dsn, folder).pending == []
    assert rows(dsn, "select * from one") == [(1,)]
    assert rows(dsn, "select * from supabase_migrations.schema_migrations order by 1") == [
        ("1", ["create table one (id int)", "insert into one values (1)"], "one"),
        ("2", ["create table two (id int)"], "two"),
    ]
    detail = read(dsn).details["1"]
    assert (detail.applied_by, detail.git_sha) == ("ada@laptop", "0123abc")
    assert detail.finished_at is not None
    assert detail.duration_ms is not None


def test_the_ledger_of_an_untouched_database_is_empty(dsn: str) -> None:
    assert read(dsn) == ledger.Ledger()
