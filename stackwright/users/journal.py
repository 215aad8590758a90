"""`stackwright.wipes`: which wipes were begun and which have ended, in the database itself.

It is written before the first deletion, so that a wipe that was killed is gone on with, under the
consent that it was given, and that later nobody has to guess.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stackwright.sql.database import Database, ReadOnlyDatabase, RunnerName, translated

_CREATE = """
CREATE SCHEMA IF NOT EXISTS stackwright;
CREATE TABLE IF NOT EXISTS stackwright.wipes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stack text NOT NULL,
    counts jsonb NOT NULL,
    run_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    remaining jsonb
)"""
_THERE = "SELECT to_regclass('stackwright.wipes') IS NOT NULL AS there"
_OPEN = """
SELECT id, counts, started_at FROM stackwright.wipes WHERE finished_at IS NULL
ORDER BY id DESC LIMIT 1"""


@dataclass(frozen=True)
class Begun:
    """A wipe that has not ended; `counts`: what it found, and was allowed to take."""

    id: int
    counts: Mapping[str, int]
    started_at: datetime


async def unfinished(database: ReadOnlyDatabase) -> Begun | None:
    """The wipe that was cut off, if any."""
    [row] = await database.query(_THERE)
    found = await database.query(_OPEN) if row["there"] else []
    return Begun(**found[0]) if found else None


async def begin(database: Database, stack: str, counts: Mapping[str, int], at: float) -> int:
    """Note that a wipe begins, at `at` by the clock that backups have; answers its number."""
    with translated("cannot note the wipe, so nothing was deleted"):
        await database.connection.execute(_CREATE)
        cursor = await database.connection.execute(
            "INSERT INTO stackwright.wipes (stack, counts, run_by, started_at)"
            " VALUES (%s, %s::jsonb, %s, to_timestamp(%s)) RETURNING id",
            [stack, json.dumps(counts), str(RunnerName.here()), at],
        )
        row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - RETURNING answers a row
    return int(row["id"])


async def finish(database: Database, number: int, remaining: Mapping[str, int]) -> None:
    """Note how it ended."""
    with translated("the users are deleted, but that could not be noted"):
        await database.connection.execute(
            "UPDATE stackwright.wipes SET finished_at = now(), remaining = %s::jsonb WHERE id = %s",
            [json.dumps(remaining), number],
        )
