"""`stackwright sql down`: undo applied migrations by their files in `sql/down`."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from stackwright.cli._workspace import workspace
from stackwright.cli.sql._running import guard_of, running, tell
from stackwright.cli.sql._target import Json, Target, options, show, target_of, written
from stackwright.errors import UserInput
from stackwright.sql import ledger, shadow
from stackwright.sql.apply import Options
from stackwright.sql.database import reading
from stackwright.sql.down import Down
from stackwright.sql.effect_rules import Effect
from stackwright.sql.errors import ShadowUnavailable, StatementFailed
from stackwright.sql.guard import Guard
from stackwright.sql.limits import Limits
from stackwright.sql.undo import undo
from stackwright.sql.undo_plan import UndoPlan, Wanted


@click.command()
@options
@running
@click.argument("versions", nargs=-1)
@click.option("--to", metavar="VERSION", help="Undo all that came after it; 0: all there is.")
@click.option("--out-of-order", is_flag=True, help="Also where newer ones stay.")
@click.option("--unchecked", is_flag=True, help="Do not try the files on a copy first.")
@click.option("--dry-run", is_flag=True, help="Say what would be undone; change nothing.")
def command(as_json: bool, dry_run: bool, **given: Any) -> None:
    """Undo the applied migrations VERSIONS, or all after --to VERSION; the newest first.

    Each by its file `down/<version>_<name>.sql` beside the folder of the migrations, in one
    transaction with its rows of the ledger. They are tried on a copy of the schema before. A file
    that destroys something needs an approval: in the stack's file, or with --approve.
    """
    if bool(given["versions"]) == (given["to"] is not None):
        raise UserInput("name what to undo: VERSIONS, or --to VERSION for all that came after it")
    wanted = Wanted(given["versions"], given["to"], given["out_of_order"])
    target = target_of(given)
    guard = guard_of(target, given)
    if dry_run:
        _say(target, wanted, guard, as_json=as_json)
        return
    _undo(target, wanted, guard, given, as_json=as_json)


def _undo(target: Target, wanted: Wanted, guard: Guard, given: Json, *, as_json: bool) -> None:
    notes: list[str] = []

    async def trial(files: Sequence[Down]) -> None:
        notes.extend(await _tried(target, files))

    settings = Options(limits=Limits(run_lock=given["lock_wait"]), progress=tell, guard=guard.ask)
    tries = {} if given["unchecked"] else {"trial": trial}
    done = written(target, lambda db: undo(db, target.folder, wanted, settings, **tries))
    notes += [*guard.allowed(done.files), *done.notes]
    report = {"undone": [file.undoes for file in done.files], "notes": notes}
    show(report, [f"{len(done.files)} undone", *notes], as_json)


def _say(target: Target, wanted: Wanted, guard: Guard, *, as_json: bool) -> None:
    """Also what is missing for it: the error that a run would end with comes last."""
    todo, found = asyncio.run(_judged(target, wanted, guard))
    notes = asyncio.run(_tried(target, todo.files))
    names = [file.undoes for file in todo.files]
    report = {"would_undo": names, "effects": list(map(asdict, found)), "notes": notes}
    lines = [*(f"would be undone: {name}" for name in names), *map(str, found), *notes]
    show(report, lines or ["nothing to undo"], as_json)
    guard.refuse(todo.files, found)


async def _judged(target: Target, wanted: Wanted, guard: Guard) -> tuple[UndoPlan, list[Effect]]:
    async with reading(target.dsn) as database:
        seen = await ledger.read(database)
        todo = target.folder.plan(seen, wanted)
        return todo, await guard.judged(todo.files, database, seen)


async def _tried(target: Target, files: Sequence[Down]) -> list[str]:
    """Run them on a copy of the database's schema; what a person must know of that."""
    try:
        report = await shadow.check(files, target.dsn, workspace())
    except ShadowUnavailable as error:
        raise ShadowUnavailable(f"{error} Or leave it out with --unchecked.") from None
    if report.failure:
        raise StatementFailed(report.failure, "nothing was undone; mend the file first")
    return report.notes
