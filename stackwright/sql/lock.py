"""The lock that keeps two runs apart: a session-level advisory lock of PostgreSQL.

It dies with its session, so a killed run leaves nothing behind. Whoever waits asks again and
again with `pg_try_advisory_lock` and holds no transaction between the questions: a session that
waits *inside* a statement keeps a snapshot, for which CREATE INDEX CONCURRENTLY of the lock's
holder would wait for ever.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg

from stackwright.clock import Clock
from stackwright.sql.database import Database, Readable
from stackwright.sql.errors import LockBusy

KEY = int.from_bytes(hashlib.sha256(b"stackwright.migrations").digest()[:8], "big", signed=True)
POLL = 1.0

_HOLDER = """
SELECT a.pid, a.usename, a.application_name, a.client_addr::text AS address,
       extract(epoch FROM clock_timestamp() - a.backend_start)::int AS age
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND (l.classid::bigint << 32 | l.objid::bigint) = %(key)s
"""

# Run inside each migration's transaction: proof that it runs in the very session that holds the
# lock. A pooler in transaction mode gives other sessions to each transaction. The session holds
# the lock twice, so that giving one back, which only a holder can, and taking it again never
# frees it: a look into pg_locks proves the same at three times the price.
PROOF = f"""
DO $stackwright$ BEGIN
    IF NOT (
        CASE WHEN pg_advisory_unlock({KEY}) THEN pg_try_advisory_lock({KEY}) ELSE false END
    ) THEN
        RAISE EXCEPTION 'this session does not hold the migration lock' USING ERRCODE = 'SW001',
            HINT = 'a pooler in transaction mode? use the direct connection or the session pooler';
    END IF;
END $stackwright$"""

_TAKE = f"""
SELECT CASE WHEN pg_try_advisory_lock({KEY}) THEN pg_try_advisory_lock({KEY}) ELSE false END
AS got"""
_GIVE_BACK = f"SELECT pg_advisory_unlock({KEY}), pg_advisory_unlock({KEY})"

BUSY = "SW002"
# For a message that is a session of its own: the same lock, held until its transaction ends.
IN_TRANSACTION = f"""
DO $stackwright$ BEGIN
    IF NOT pg_try_advisory_xact_lock({KEY}) THEN
        RAISE EXCEPTION 'another run holds the migration lock' USING ERRCODE = '{BUSY}';
    END IF;
END $stackwright$"""


@asynccontextmanager
async def held(
    database: Database, *, wait: float, clock: Clock, waiting: Callable[[str], None]
) -> AsyncIterator[None]:
    """Hold the lock for a block; wait up to `wait` seconds for it, then raise `LockBusy`.

    `waiting` is told once a poll who holds it.
    """
    deadline = clock.now() + wait
    while not await _try(database):
        who = await holder(database) or "it was just released"
        if clock.now() >= deadline:
            raise LockBusy(
                f"another run holds the migration lock of {database.where}: {who}; nothing "
                "was run. Wait for it and try again; if that session hangs, end it with "
                "pg_terminate_backend: the lock goes with it."
            )
        waiting(who)
        await clock.sleep(POLL)
    try:
        yield
    finally:
        await _release(database)


async def _try(database: Database) -> bool:
    cursor = await database.connection.execute(_TAKE.encode())
    row = await cursor.fetchone()
    return bool(row and row["got"])


async def holder(database: Readable) -> str:
    """The session that holds the lock, in words; empty when nobody does."""
    rows = await database.query(_HOLDER, {"key": KEY})
    if not rows:
        return ""
    row = rows[0]
    place = f" from {row['address']}" if row["address"] else ""
    name = row["application_name"] or "an unnamed program"
    age = f", for {row['age']} s" if row["age"] is not None else ""  # not shown to every role
    return f"{name} (session {row['pid']}, user {row['usename']}{place}{age})"


async def _release(database: Database) -> None:
    try:
        await database.connection.execute(_GIVE_BACK.encode())
    except psycopg.OperationalError:
        return  # the session is gone, and the lock with it
