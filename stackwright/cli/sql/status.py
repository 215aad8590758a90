"""`stackwright sql status`: what is applied, what is pending, what stands in the way."""

import asyncio
from dataclasses import asdict
from typing import Any

import click

from stackwright.cli.sql._target import Target, options, show, target_of
from stackwright.sql import indexes, ledger, plan
from stackwright.sql.database import reading
from stackwright.sql.migration import version_key


@click.command()
@options
def command(as_json: bool, **given: Any) -> None:
    """Show what is applied, what is pending and what stands in the way."""
    target = target_of(given)
    state, todo, broken = asyncio.run(_status(target))
    report = {
        "applied": sorted(state.applied, key=version_key),
        "pending": [file.file for file in todo.pending],
        "baseline": [file.file for file in todo.baseline],
        "ahead": list(todo.ahead),
        "problems": [asdict(p) | {"trouble": p.trouble.value} for p in todo.problems],
        "invalid_indexes": [asdict(index) for index in broken],
        "notes": todo.notes,
    }
    lines = [
        f"{len(state.applied)} applied, {len(todo.pending)} pending",
        *(f"pending: {file.file}" for file in todo.pending),
        *(f"{p.trouble.value}: {p.sentence}" for p in todo.problems),
        *(f"invalid index: {index.index} on {index.table}" for index in broken),
        *todo.notes,
    ]
    show(report, lines, as_json)


async def _status(
    target: Target,
) -> tuple[ledger.Ledger, plan.Plan, list[indexes.InvalidIndex]]:
    async with reading(target.dsn) as database:
        state = await ledger.read(database)
        return state, target.plan_on(state), await indexes.invalid(database)
