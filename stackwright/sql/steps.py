"""Runs a file without a transaction around it, statement by statement, and can be continued.

After each statement its number is written to `stackwright.migrations`, in the statement's own
transaction where the server allows one: then a killed run can neither lose nor repeat it. What
the server refuses inside a transaction (CREATE INDEX CONCURRENTLY, VACUUM, procedures that
commit) runs alone; its number is noted before, and the next run looks at the index itself
instead of believing the note.

A BEGIN ... COMMIT in such a file is one step. SET statements of a continued file run again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from stackwright.sql import indexes, lock
from stackwright.sql.database import Database
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration
from stackwright.sql.record import Runner, recorded
from stackwright.sql.script import Script, ServerRefusal, send
from stackwright.sql.statements import Statement

# active_sql_transaction, invalid_transaction_termination
_REFUSES_TRANSACTION = {"25001", "2D000"}

# A row that is finished and pending all the same: another tool reverted it, so all runs again.
_BEGUN = """
INSERT INTO stackwright.migrations AS m
    (version, name, checksum, collection, git_sha, applied_by)
VALUES (%(version)s, %(name)s, %(checksum)s, %(collection)s, %(git_sha)s, %(runner)s)
ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, finished_at = NULL,
    started_at = CASE WHEN m.finished_at IS NULL THEN m.started_at ELSE now() END,
    done_statements = CASE WHEN m.finished_at IS NULL THEN m.done_statements ELSE 0 END,
    tried_statement = CASE WHEN m.finished_at IS NULL THEN m.tried_statement ELSE 0 END
RETURNING done_statements, tried_statement"""
_TRIED = "UPDATE stackwright.migrations SET tried_statement = %(end)s WHERE version = %(version)s"
_FAILED = "UPDATE stackwright.migrations SET error = %(error)s WHERE version = %(version)s"
_DONE = """
UPDATE stackwright.migrations
SET done_statements = {count}, done_checksum = {digest}, error = NULL
WHERE version = {version}"""

Attempt = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """Statements that run together; `end` is the number of the file's statements done then."""

    statements: Sequence[Statement]
    end: int


def steps(statements: Sequence[Statement]) -> list[Step]:
    """The file's statements in steps: a BEGIN ... COMMIT is one, any other statement its own."""
    result: list[Step] = []
    block: list[Statement] | None = None
    for number, statement in enumerate(statements, 1):
        if statement.opens_transaction and block is None:
            block = []
        elif block is None:
            result.append(Step([statement], number))
        elif statement.ends_transaction:
            result.append(Step(block, number))
            block = None
        else:
            block.append(statement)
    return [*result, Step(block, len(statements))] if block else result


@dataclass(frozen=True)
class StepRun:
    """One file on its way; `stepped` is told how many statements are done.

    `patiently` runs one step and may try it again when a table was busy.
    """

    database: Database
    migration: Migration
    runner: Runner
    limits: Limits
    stepped: Callable[[int], None]
    patiently: Callable[[Attempt], Awaitable[None]]

    async def run(self) -> None:
        """Run what is left of the file and record it; raises `ServerRefusal` with the place."""
        done, tried = await self._begin()
        await self._prepare(done)
        for step in steps(self.migration.statements):
            if step.end > done:
                await self.patiently(_attempt(self._step, step, tried))
                self.stepped(step.end)
        await self._finish()

    async def note(self, error: str) -> None:
        """Keep why the file stopped, for the next person who looks at the ledger."""
        try:
            await self._execute(_FAILED, error=error)
        except psycopg.OperationalError:
            return  # the session is gone; the number of done statements says enough

    async def _begin(self) -> tuple[int, int]:
        cursor = await self.database.connection.execute(
            _BEGUN,
            {
                "version": self.migration.version,
                "name": self.migration.name,
                "checksum": self.migration.checksum,
                "collection": self.runner.collection,
                "git_sha": self.runner.git_sha,
                "runner": self.runner.name,
            },
        )
        row = await cursor.fetchone() or {}
        return row["done_statements"], row["tried_statement"]

    async def _prepare(self, done: int) -> None:
        settings = self.limits.settings(self.database.server_version, local=False)
        again = [s for s in self.migration.statements[:done] if _sets_session(s)]
        before = ["RESET ROLE", "RESET ALL", *settings, lock.PROOF]
        await self._send(again, before)

    async def _step(self, step: Step, tried: int) -> None:
        try:
            note = self._noted(step)
            await self._send(step.statements, ["BEGIN", lock.PROOF], [note, "COMMIT"])
        except ServerRefusal as refusal:
            await self.database.connection.rollback()
            alone = len(step.statements) == 1
            if not alone or refusal.failure.sqlstate not in _REFUSES_TRANSACTION:
                raise
            await self._alone(step, tried)

    async def _alone(self, step: Step, tried: int) -> None:
        [statement] = step.statements
        if not await self._is_done(statement, again=tried == step.end):
            await self._execute(_TRIED, end=step.end)
            await self._unlimited(statement)
        await self._send([], after=[self._noted(step)])

    async def _is_done(self, statement: Statement, *, again: bool) -> bool:
        build = indexes.concurrent_build(statement)
        return build is not None and await indexes.is_built(self.database, build) and again

    async def _unlimited(self, statement: Statement) -> None:
        """Run it without a lock limit where it waits politely: the limit would break it."""
        polite = "CONCURRENTLY" in statement.words
        if polite:
            await self.database.connection.execute("SET SESSION lock_timeout = 0")
        await self._send([statement])
        if polite:
            settings = self.limits.settings(self.database.server_version, local=False)
            await self._send([], settings)

    async def _finish(self) -> None:
        rows = recorded(self.migration, self.runner, self.database.connection, measured=False)
        await self._send([], ["RESET ROLE", "BEGIN", lock.PROOF], [*rows, "COMMIT", "RESET ALL"])

    def _noted(self, step: Step) -> str:
        values = {
            "count": sql.Literal(step.end),
            "digest": sql.Literal(self.migration.digest_of_first(step.end)),
            "version": sql.Literal(self.migration.version),
        }
        return sql.SQL(_DONE).format(**values).as_string(self.database.connection)

    async def _send(
        self, statements: Sequence[Statement], before: Sequence[str] = (), after: Sequence[str] = ()
    ) -> None:
        script = Script(self.migration.file, statements, before, after)
        await send(self.database.connection, script)

    async def _execute(self, statement: str, **values: Any) -> None:
        values["version"] = self.migration.version
        await self.database.connection.execute(statement, values)


def _attempt(step: Callable[[Step, int], Awaitable[None]], which: Step, tried: int) -> Attempt:
    async def attempt() -> None:
        await step(which, tried)

    return attempt


def _sets_session(statement: Statement) -> bool:
    words = statement.words
    if words[:1] in {("SET",), ("RESET",)}:
        return words[1:2] != ("LOCAL",)
    return words[:1] == ("SELECT",) and "SET_CONFIG" in words
