"""Runs ways back: under the lock of the runs, one transaction a file with the ledger's rows.

Whatever happens in it, a migration is either undone and forgotten, or neither: after a killed
run, the same command goes on with what is left.
"""

from collections.abc import Awaitable, Callable, Sequence

import psycopg

from stackwright.sql import ledger, lock
from stackwright.sql.apply import Options, Phase, Progress, enclosed, failed, lost, patiently
from stackwright.sql.database import Database, translated
from stackwright.sql.down import Down
from stackwright.sql.plan import Plan
from stackwright.sql.record import forgotten
from stackwright.sql.script import ServerRefusal, send
from stackwright.sql.undo_plan import Folder, UndoPlan, Wanted

Trial = Callable[[Sequence[Down]], Awaitable[None]]


async def _believe(files: Sequence[Down]) -> None:
    """The trial of a caller that has none: the files run on a throw-away database anyway."""


async def undo(
    database: Database, folder: Folder, wanted: Wanted, options: Options, trial: Trial = _believe
) -> UndoPlan:
    """Undo what is wanted, newest first; the plan that was carried out is returned.

    `trial` and `options.guard` are asked under the lock, before the first file, and raise what
    stops the run. Raises as `Folder.plan` does, `BadSql`, `LockBusy`, or `StatementFailed`: the
    files before the failed one are undone, it and those after are not.
    """
    async with lock.held(
        database,
        wait=options.limits.run_lock,
        clock=options.clock,
        waiting=lambda holder: options.progress(Progress(Phase.WAITING, text=holder)),
    ):
        with translated(f"cannot undo migrations in {database.where}"):
            plan = folder.plan(await ledger.read(database), wanted)
            for file in plan.files:
                _ = file.body  # what cannot be split stops the run before its first file
            if plan.files:
                await trial(plan.files)
                await options.guard(Plan(plan.files), database)
                await ledger.ensure(database)
            for number, file in enumerate(plan.files, 1):
                await _one(database, file, options, (number, len(plan.files)))
            return plan


async def _one(database: Database, file: Down, options: Options, place: tuple[int, int]) -> None:
    def tell(phase: Phase, text: str = "") -> None:
        options.progress(Progress(phase, file.file, *place, text))

    async def attempt() -> None:
        rows = forgotten(file.version, database.connection)
        await send(database.connection, enclosed(file, rows, database, options.limits))

    tell(Phase.STARTED)
    try:
        await patiently(
            database, options, attempt, lambda tries: tell(Phase.RETRYING, f"try {tries}")
        )
    except ServerRefusal as refusal:
        raise failed(refusal, "nothing of this file was undone") from None
    except psycopg.OperationalError as error:
        raise lost(file, error) from None
    tell(Phase.UNDONE)
