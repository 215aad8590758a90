"""Runs pending migrations inside the target and rolls them back: what only its rows can tell.

A UNIQUE over duplicates, a NOT NULL over gaps, a cast that fails: no shadow finds them. This is
never part of a preview: for as long as it runs, it holds the locks that the migrations take.
So it waits only shortly for a lock, ends within `Strictness.whole` seconds, and holds the lock of
the run, so that no migration runs at the same time.

Nothing can commit: each statement is a message of its own in the extended protocol, which takes
one statement only, and a statement that ends a transaction is refused before anything runs. What
no rollback undoes stays undone here too: sequences that were counted on, mails that a function
sent.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import generators, pq
from psycopg.errors import error_from_result

from stackwright.clock import SYSTEM, Clock
from stackwright.sql import lock
from stackwright.sql.advice import advice
from stackwright.sql.database import Database, translated
from stackwright.sql.errors import Failure, StatementFailed
from stackwright.sql.migration import Migration
from stackwright.sql.statements import Statement


@dataclass(frozen=True)
class Strictness:
    """Seconds: for a table's lock, for one statement, for all, for another run to end."""

    table_lock: float = 2.0
    statement: float = 30.0
    whole: float = 60.0
    run_lock: float = 0.0


@dataclass(frozen=True)
class Rehearsal:
    """Files that ran to their end, and those that cannot be tried this way."""

    tried: Sequence[str] = ()
    skipped: Sequence[str] = field(default=())

    @property
    def notes(self) -> list[str]:
        """What a person must know to judge the result."""
        return [
            f"{file} is not checked: it runs without a transaction, so nothing could undo it"
            for file in self.skipped
        ]


async def rehearse(
    database: Database,
    pending: Sequence[Migration],
    strictness: Strictness | None = None,
    clock: Clock = SYSTEM,
) -> Rehearsal:
    """Run `pending` in order in one transaction that is rolled back.

    Files after one without a transaction are skipped too: they may need it. Raises
    `StatementFailed`, `BadSql`, `LockBusy`; nothing stays in any case.
    """
    limits = strictness or Strictness()
    first = next((at for at, f in enumerate(pending) if not f.transactional), len(pending))
    todo, skipped = pending[:first], pending[first:]
    for file in todo:
        _ = file.body  # refuses what would end the transaction
    async with lock.held(database, wait=limits.run_lock, clock=clock, waiting=lambda _: None):
        with translated(f"cannot try migrations in {database.where}"):
            await _all(database, todo, limits)
    return Rehearsal([file.file for file in todo], [file.file for file in skipped])


async def _all(database: Database, files: Sequence[Migration], limits: Strictness) -> None:
    last = ""
    try:
        async with asyncio.timeout(limits.whole), _undone(database, limits):
            for file in files:
                last = file.file
                await database.connection.execute("RESET ROLE")
                await _file(database, file)
            await _check_deferred(database, last)
    except TimeoutError:
        failure = Failure(last, 1, 1, "", f"took longer than {limits.whole:g} seconds", "57014")
        raise _failed(failure) from None


async def _check_deferred(database: Database, last: str) -> None:
    """What COMMIT would check. Once for all files: to defer again is not the same as before."""
    try:
        await database.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.IntegrityError as error:
        diag = error.diag
        where = "a deferred constraint, checked after the last file"
        facts = (diag.message_primary or str(error), diag.sqlstate or "", diag.message_detail or "")
        raise _failed(Failure(last, 1, 1, where, *facts)) from None


@asynccontextmanager
async def _undone(database: Database, limits: Strictness) -> AsyncIterator[None]:
    connection = database.connection
    await connection.execute("BEGIN")
    try:
        for name, seconds in (
            ("lock_timeout", limits.table_lock),
            ("statement_timeout", limits.statement),
            ("idle_in_transaction_session_timeout", limits.whole),
        ):
            await connection.execute(f"SET LOCAL {name} = {round(seconds * 1000)}".encode())
        yield
    finally:
        await _roll_back(database)


async def _roll_back(database: Database) -> None:
    """Also in the middle of a statement: the server is told to stop, and waited for."""
    connection = database.connection
    if connection.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
        await connection.close()  # the server rolls back what a session leaves open
        return
    if not connection.closed:
        await connection.execute("ROLLBACK")


async def _file(database: Database, file: Migration) -> None:
    for statement in file.body:
        try:
            await _one(database, statement)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                raise
            raise _failed(_failure(file, statement, error)) from None
        except psycopg.Error as error:
            raise _failed(_failure(file, statement, error)) from None


async def _one(database: Database, statement: Statement) -> None:
    connection = database.connection
    async with connection.lock:
        connection.pgconn.send_query_params(statement.bare.encode(), None)
        results = await connection.wait(generators.execute(connection.pgconn))
    if results[-1].status == pq.ExecStatus.FATAL_ERROR:
        raise error_from_result(results[-1], encoding="utf-8")


def _failure(file: Migration, statement: Statement, error: psycopg.Error) -> Failure:
    diag = error.diag
    offset = int(diag.statement_position or 1) - 1
    before = statement.bare[:offset]
    line = statement.line + before.count("\n")
    column = offset - before.rfind("\n") if "\n" in before else statement.column + offset
    return Failure(
        file.file,
        line,
        column,
        statement.summary(),
        diag.message_primary or str(error),
        diag.sqlstate or "",
        diag.message_detail or "",
        diag.message_hint or "",
    )


def _failed(failure: Failure) -> StatementFailed:
    wise = advice(failure.sqlstate)
    rest = "everything was rolled back"
    return StatementFailed(failure, f"{wise}; {rest}" if wise else rest)
