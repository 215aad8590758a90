"""Runs pending migrations: under a lock, one transaction a file with its ledger rows.

Each file is one message to the server: BEGIN, the limits, the file, both ledger rows, COMMIT.
Whatever happens in it, the file is either done and recorded, or neither. Files marked
`-- stackwright: no-transaction` go statement by statement (`steps.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import psycopg

from stackwright.clock import SYSTEM, Clock
from stackwright.errors import StackwrightError
from stackwright.sql import ledger, lock
from stackwright.sql import plan as planning
from stackwright.sql.advice import advice
from stackwright.sql.database import Database, Readable, translated
from stackwright.sql.errors import StatementFailed
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration
from stackwright.sql.record import Runner, recorded
from stackwright.sql.script import Script, ServerRefusal, send
from stackwright.sql.steps import Attempt, StepRun
from stackwright.sql.waiting import Approved, by_nobody

# lock_not_available, deadlock_detected
_WORTH_RETRYING = {"55P03", "40P01"}


class Phase(Enum):
    """What a run is doing."""

    WAITING = "waits for the lock"
    STARTED = "runs"
    STEPPED = "ran statements"
    RETRYING = "met a busy table, tries again"
    APPLIED = "applied"
    UNDONE = "undone"
    RECORDED = "recorded without being run"


@dataclass(frozen=True)
class Progress:
    """One piece of news: file `number` of `total`; `text` says more (who holds the lock)."""

    phase: Phase
    file: str = ""
    number: int = 0
    total: int = 0
    text: str = ""


async def _allow(plan: planning.Plan, database: Readable) -> None:
    """The guard of a caller that has none: tests, and tools that ask elsewhere."""


@dataclass(frozen=True)
class Options:
    """How a run decides: see `plan.make` for the first two and `approved`.

    `guard` is asked under the lock, before the first file; it raises what stops the run.
    """

    baseline: str | None = None
    allow_out_of_order: bool = False
    limits: Limits = field(default_factory=Limits)
    clock: Clock = SYSTEM
    progress: Callable[[Progress], None] = lambda _: None
    guard: Callable[[planning.Plan, Readable], Awaitable[None]] = _allow
    approved: Approved = by_nobody


async def apply(
    database: Database, files: Sequence[Migration], runner: Runner, options: Options
) -> planning.Plan:
    """Run what is pending of `files`; the plan that was carried out is returned.

    Raises `LedgerConflict` (nothing was run), `BadSql` (nothing was run), `LockBusy`, or
    `StatementFailed`: the files before the failed one are applied, it and those after are not.
    """
    run = _Run(database, runner, options)
    async with lock.held(
        database,
        wait=options.limits.run_lock,
        clock=options.clock,
        waiting=lambda holder: options.progress(Progress(Phase.WAITING, text=holder)),
    ):
        with translated(f"cannot apply migrations to {database.where}"):
            return await run.all(files)


@dataclass
class _Run:
    database: Database
    runner: Runner
    options: Options
    prepared: dict[str, Script] = field(default_factory=dict)

    async def all(self, files: Sequence[Migration]) -> planning.Plan:
        seen = await ledger.read(self.database)
        plan = await decided(self.database, seen, files, self.runner, self.options)
        if plan.pending or plan.baseline:
            await ledger.ensure(self.database)
        await self._record(plan.baseline)
        for number, migration in enumerate(plan.pending, 1):
            for following in plan.pending[number : number + 1]:
                asyncio.get_running_loop().call_soon(self._prepare, following)
            await self._file(migration, number, len(plan.pending))
        return plan

    def _prepare(self, migration: Migration) -> None:
        """Write a file's message while the server still works on the one before."""
        if migration.transactional:
            self.prepared[migration.version] = self._script(migration)

    async def _record(self, files: Sequence[Migration]) -> None:
        for number, migration in enumerate(files, 1):
            await mark_applied(self.database, migration, self.runner)
            self._tell(Phase.RECORDED, migration, number, len(files))

    async def _file(self, migration: Migration, number: int, total: int) -> None:
        self._tell(Phase.STARTED, migration, number, total)
        if migration.transactional:
            await self._whole(migration, number, total)
        else:
            await self._stepwise(migration, number, total)
        self._tell(Phase.APPLIED, migration, number, total)

    async def _whole(self, migration: Migration, number: int, total: int) -> None:
        message = self.prepared.pop(migration.version, None) or self._script(migration)

        async def attempt() -> None:
            await send(self.database.connection, message)

        try:
            await self._patiently(migration, number, total, attempt)
        except ServerRefusal as refusal:
            raise failed(refusal, "nothing of this file was applied") from None
        except psycopg.OperationalError as error:
            raise lost(migration, error) from None

    def _script(self, migration: Migration) -> Script:
        rows = recorded(migration, self.runner, self.database.connection)
        return enclosed(migration, rows, self.database, self.options.limits)

    async def _stepwise(self, migration: Migration, number: int, total: int) -> None:
        count = len(migration.statements)

        def stepped(done: int) -> None:
            self._tell(Phase.STEPPED, migration, number, total, f"{done} of {count} statements")

        async def patiently(attempt: Attempt) -> None:
            await self._patiently(migration, number, total, attempt)

        run = StepRun(
            self.database, migration, self.runner, self.options.limits, stepped, patiently
        )
        try:
            await run.run()
        except ServerRefusal as refusal:
            await run.note(str(refusal.failure))
            rest = "the statements before it are done; the next run continues with this one"
            raise failed(refusal, rest) from None
        except psycopg.OperationalError as error:
            raise lost(migration, error) from None

    async def _patiently(
        self, migration: Migration, number: int, total: int, attempt: Attempt
    ) -> None:
        def retrying(tries: int) -> None:
            self._tell(Phase.RETRYING, migration, number, total, f"try {tries}")

        await patiently(self.database, self.options, attempt, retrying)

    def _tell(
        self, phase: Phase, migration: Migration, number: int, total: int, text: str = ""
    ) -> None:
        self.options.progress(Progress(phase, migration.file, number, total, text))


async def decided(
    database: Readable,
    seen: ledger.Ledger,
    files: Sequence[Migration],
    runner: Runner,
    options: Options,
) -> planning.Plan:
    """What a run on a database with this ledger does, once nothing stands in its way."""
    plan = planning.make(
        files,
        seen,
        baseline=options.baseline,
        collection=runner.collection,
        allow_out_of_order=options.allow_out_of_order,
        approved=options.approved,
    )
    plan.refuse_problems()
    for file in plan.pending:
        _ = file.body  # what cannot be split stops the run before its first file
    await options.guard(plan, database)
    return plan


async def mark_applied(database: Database, migration: Migration, runner: Runner) -> None:
    """Record a migration without running it (baseline, repair)."""
    rows = recorded(migration, runner, database.connection, measured=False)
    async with database.connection.transaction():
        for row in rows:
            await database.connection.execute(row.encode())


def enclosed(file: Migration, rows: Sequence[str], database: Database, limits: Limits) -> Script:
    """The message that runs a file and changes the ledger's `rows` in one transaction."""
    settings = limits.settings(database.server_version, local=True)
    before = ["BEGIN", "RESET ROLE", "RESET ALL", *settings, lock.PROOF]
    # The server reads the next message with the settings that this one leaves, before its
    # first statement runs: so a file's own (encoding, strings) end with its own message.
    after = ["RESET ROLE", *rows, "COMMIT", "RESET ALL"]
    return Script(file.file, file.body, before, after)


async def patiently(
    database: Database, options: Options, attempt: Attempt, retrying: Callable[[int], None]
) -> None:
    """Try again, a bounded number of times, when a table was busy; `retrying` is told which."""

    async def clean() -> None:
        try:
            await attempt()
        except ServerRefusal:
            await database.connection.rollback()
            raise

    await again(options, clean, retrying)


async def again(options: Options, attempt: Attempt, retrying: Callable[[int], None]) -> None:
    """The same for attempts that leave nothing behind."""
    for tries in range(1, options.limits.attempts + 1):
        try:
            return await attempt()
        except ServerRefusal as refusal:
            last = tries == options.limits.attempts
            if last or refusal.failure.sqlstate not in _WORTH_RETRYING:
                raise
        retrying(tries + 1)
        await options.clock.sleep(options.limits.pause(tries))
    return None


def failed(refusal: ServerRefusal, consequence: str) -> StatementFailed:
    """What the server refused, what to do about it, and what is the case now."""
    wise = advice(refusal.failure.sqlstate)
    return StatementFailed(refusal.failure, f"{wise}; {consequence}" if wise else consequence)


def lost(migration: Migration, error: psycopg.OperationalError) -> StackwrightError:
    """The session ended while a file ran."""
    said = " ".join(str(error).split())
    return StackwrightError(
        f"the connection was lost during {migration.file}: {said}; run again: the ledger knows "
        "what was done, and nothing is run twice"
    )
