"""`stackwright sql shadow`: try what is pending, on a copy of the schema or rolled back."""

import asyncio
from dataclasses import asdict
from typing import Any

import click

from stackwright.cli._workspace import workspace
from stackwright.cli.sql._target import Json, Target, options, show, target_of, written
from stackwright.sql import checks, ledger, shadow
from stackwright.sql.checks import Result
from stackwright.sql.database import Database, reading
from stackwright.sql.effect_rules import Effect
from stackwright.sql.effects import effects
from stackwright.sql.guard import Guard
from stackwright.sql.rehearsal import Rehearsal, rehearse


@click.command(name="shadow")
@options
@click.option(
    "--on-target",
    is_flag=True,
    help="Run them inside the database itself and roll back: holds their locks for a while.",
)
def command(as_json: bool, on_target: bool, **given: Any) -> None:
    """Try what is pending on a copy of the database's schema; change nothing at the database."""
    target = target_of(given)
    if on_target:
        _rehearse(target, as_json)
        return
    report, found = asyncio.run(_shadow(target))
    failure = report.failure
    show(
        asdict(report)
        | {
            "ok": not (failure or report.fatal),
            "checks": list(map(_plain, report.checks)),
            "notes": report.notes,
            "effects": list(map(asdict, found)),
        },
        [
            *(f"ok: {r.file}" for r in report.files if not r.failure and not r.unchecked),
            *report.notes,
            *map(str, found),
            *map(str, report.broken),
            *([str(failure)] if failure else []),
        ]
        or ["nothing is pending"],
        as_json,
    )
    if failure or report.fatal:
        raise SystemExit(1)


def _plain(result: Result) -> Json:
    check = result.check
    return {
        "id": check.id,
        "title": check.title,
        "severity": check.severity,
        "file": check.file,
        "passed": result.passed,
        "rows": result.rows,
        "samples": list(result.samples),
        "error": result.error,
    }


async def _shadow(target: Target) -> tuple[shadow.Report, list[Effect]]:
    """Problems with the ledger stop it: what would run is not known then."""
    if target.over_query:
        target.over_query.require_connection()
    if target.url is None:
        pending = target.files
        found = effects(pending)
    else:
        async with reading(target.dsn) as database:
            seen = await ledger.read(database)
            todo = target.plan_on(seen)
            todo.refuse_problems()
            pending = list(todo.pending)
            found = await Guard().judged(pending, database, seen)
    asked = checks.of_schema(target.directory, target.collection)
    return await shadow.check(pending, target.url, workspace(), asked), found


def _rehearse(target: Target, as_json: bool) -> None:
    async def once(database: Database) -> Rehearsal:
        todo = target.plan_on(await ledger.read(database))
        todo.refuse_problems()
        return await rehearse(database, todo.pending)

    done = written(target, once)
    lines = [*(f"ok, and rolled back: {file}" for file in done.tried), *done.notes]
    show(asdict(done) | {"notes": done.notes}, lines or ["nothing is pending"], as_json)
