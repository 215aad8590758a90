"""Runs pending migrations through the query endpoint: one message a file, and no session.

What a session gives to `apply.py`, each message must bring along: the lock, held until its
transaction ends; the limits; and the proof that the ledger still is what this run read, so that
of two runs only one applies a file. A message whose answer was lost is never sent again: the
ledger is asked what became of it. See docs/decisions/0013-query-endpoint.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from stackwright.errors import Ambiguous, Refused, StackwrightError
from stackwright.sql import ledger, lock
from stackwright.sql.apply import Options, Phase, Progress, again, decided, failed
from stackwright.sql.errors import LedgerConflict, LockBusy
from stackwright.sql.migration import Migration
from stackwright.sql.plan import Plan
from stackwright.sql.query_endpoint import WritableQueryEndpoint
from stackwright.sql.record import Runner, recorded
from stackwright.sql.script import Script, ServerRefusal
from stackwright.sql.statements import Statement

LONGEST_STATEMENT = 45.0
"""Seconds; the vendor gives up a little later, and then nobody would know how it ended."""

_CHANGED = "SW003"


def refuse_steps(pending: Sequence[Migration]) -> None:
    """Raise `Refused` for files that need a session of their own."""
    if steps := [file.file for file in pending if not file.transactional]:
        raise Refused(
            f"{', '.join(steps)}: a file without a transaction cannot go through the query "
            "endpoint. Nothing was run. Apply it over a direct connection "
            "(stackwright:databaseAccess direct), or remove `-- stackwright: no-transaction` and "
            "CONCURRENTLY from it: then the table takes no writes while the statement runs."
        )


async def apply(
    endpoint: WritableQueryEndpoint, files: Sequence[Migration], runner: Runner, options: Options
) -> Plan:
    """As `apply.apply`; raises the same, and `LedgerConflict` when another run came between."""
    seen = await ledger.read(endpoint)
    plan = await decided(endpoint, seen, files, runner, options)
    refuse_steps(plan.pending)
    run = _Run(endpoint, runner, options, set(seen.applied), len(plan.pending))
    await run.record(plan.baseline)
    for number, migration in enumerate(plan.pending, 1):
        await run.file(migration, number)
    return plan


@dataclass
class _Run:
    """`known`: the versions in the ledger, as this run read it and added to it."""

    endpoint: WritableQueryEndpoint
    runner: Runner
    options: Options
    known: set[str]
    total: int
    preparation: list[str] = field(default_factory=lambda: [ledger.CREATE])

    async def record(self, files: Sequence[Migration]) -> None:
        """Record files without running them, all in one message."""
        if not files:
            return
        rows = [row for file in files for row in self._rows(file, measured=False)]
        try:
            await self._send(self._script("the baseline", [], rows), files)
        except ServerRefusal as refusal:
            raise failed(refusal, "nothing was recorded") from None
        for number, file in enumerate(files, 1):
            self._tell(Phase.RECORDED, file, number, len(files))

    async def file(self, migration: Migration, number: int) -> None:
        """Run one file and record it."""

        async def attempt() -> None:
            script = self._script(migration.file, migration.body, self._rows(migration))
            await self._send(script, [migration])

        def retrying(tries: int) -> None:
            self._tell(Phase.RETRYING, migration, number, self.total, f"try {tries}")

        self._tell(Phase.STARTED, migration, number, self.total)
        try:
            await again(self.options, attempt, retrying)
        except ServerRefusal as refusal:
            raise failed(refusal, "nothing of this file was applied") from None
        self._tell(Phase.APPLIED, migration, number, self.total)

    async def _send(self, script: Script, files: Sequence[Migration]) -> None:
        try:
            await self.endpoint.send(script)
        except ServerRefusal as refusal:
            raise await self._refused(refusal) from None
        except Ambiguous as error:
            await self._look(script.file, files, error)
        self.known.update(file.version for file in files)
        self.preparation = []

    async def _refused(self, refusal: ServerRefusal) -> Exception:
        name, where = refusal.failure.file, self.endpoint.where
        if refusal.failure.sqlstate == lock.BUSY:
            who = await lock.holder(self.endpoint) or "it was just released"
            return LockBusy(
                f"another run holds the migration lock of {where}: {who}; {name} and what comes "
                "after it was not run. Wait for it and try again."
            )
        if refusal.failure.sqlstate == _CHANGED:
            return LedgerConflict(
                f"another run changed the ledger of {where} meanwhile; {name} and what comes "
                "after it was not run. Run again, which plans anew."
            )
        return refusal

    async def _look(self, name: str, files: Sequence[Migration], error: Ambiguous) -> None:
        """What became of a message whose answer was lost; returns when it was carried out."""
        lost = f"the answer to {name} was lost ({error.status or 'the connection broke'})"
        try:
            await self._quiet()
            seen = await ledger.read(self.endpoint)
        except StackwrightError as trouble:
            raise StackwrightError(
                f"{lost}, and the ledger cannot be asked what became of it: {trouble} "
                "Run again: what is done is not run twice."
            ) from None
        if not all(_is_recorded(file, seen) for file in files):
            raise StackwrightError(
                f"{lost}, and it is not in the ledger: it was not applied, or its statements "
                "still run there. Run again: what is done is not run twice."
            )

    async def _quiet(self) -> None:
        """Wait, as long as for another run, until nobody holds the lock."""
        deadline = self.options.clock.now() + self.options.limits.run_lock
        while who := await lock.holder(self.endpoint):
            if self.options.clock.now() >= deadline:
                return
            self.options.progress(Progress(Phase.WAITING, text=who))
            await self.options.clock.sleep(lock.POLL)

    def _script(self, name: str, body: Sequence[Statement], rows: Sequence[str]) -> Script:
        limits = self.options.limits
        limits = replace(limits, statement=min(limits.statement, LONGEST_STATEMENT))
        before = [
            # A later snapshot than the lock's: what the run before us committed must be seen.
            "BEGIN ISOLATION LEVEL READ COMMITTED",
            "RESET ROLE",
            "RESET ALL",
            *limits.settings(0, local=True),
            f"SET LOCAL application_name = {_literal(f'stackwright {self.runner.name}')}",
            lock.IN_TRANSACTION,
            *self.preparation,
            _unchanged(self.known),
        ]
        return Script(name, body, before, ["RESET ROLE", *rows, "COMMIT", "RESET ALL"])

    def _rows(self, migration: Migration, *, measured: bool = True) -> list[str]:
        return recorded(migration, self.runner, psycopg.adapters, measured=measured)

    def _tell(
        self, phase: Phase, migration: Migration, number: int, total: int, text: str = ""
    ) -> None:
        self.options.progress(Progress(phase, migration.file, number, total, text))


def _unchanged(versions: set[str]) -> str:
    """Fails with `_CHANGED` unless the shared ledger holds these versions and no other."""
    digest = hashlib.md5("\n".join(sorted(versions)).encode(), usedforsecurity=False).hexdigest()
    return f"""
DO $stackwright$ BEGIN
    IF (
        SELECT md5(coalesce(string_agg(version, E'\\n' ORDER BY version COLLATE "C"), ''))
        FROM supabase_migrations.schema_migrations
    ) <> '{digest}' THEN
        RAISE EXCEPTION 'the ledger changed since this run read it' USING ERRCODE = '{_CHANGED}';
    END IF;
END $stackwright$"""  # noqa: S608 - a digest of hexadecimal digits


def _is_recorded(migration: Migration, seen: ledger.Ledger) -> bool:
    detail = seen.details.get(migration.version)
    done = detail is not None and detail.checksum == migration.checksum
    return done and migration.version in seen.applied


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
