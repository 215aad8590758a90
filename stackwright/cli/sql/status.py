"""`stackwright sql status`: what is applied, what is pending, what stands in the way."""

import asyncio
from dataclasses import asdict
from typing import Any

import click

from stackwright.cli.sql._target import Target, options, show, target_of
from stackwright.sql import down, indexes, ledger, plan
from stackwright.sql.migration import version_key


@click.command()
@options
def command(as_json: bool, **given: Any) -> None:
    """Show what is applied and can be undone, what is pending and what stands in the way."""
    target = target_of(given)
    state, todo, broken = asyncio.run(_status(target))
    ways = down.load(target.directory)
    applied = {version: _file(state, version) for version in sorted(state.applied, key=version_key)}
    report = {
        "applied": list(applied),
        "ways_back": {version: file in ways for version, file in applied.items()},
        "pending": [file.file for file in todo.pending],
        "baseline": [file.file for file in todo.baseline],
        "waiting": {wait.file.file: wait.reason for wait in todo.waiting},
        "ahead": list(todo.ahead),
        "problems": [asdict(p) | {"trouble": p.trouble.value} for p in todo.problems],
        "invalid_indexes": [asdict(index) for index in broken],
        "notes": todo.notes,
    }
    lines = [
        f"{len(state.applied)} applied, {len(todo.pending)} pending",
        *(f"applied: {f}, {'a' if f in ways else 'no'} way back" for f in applied.values()),
        *(f"pending: {file.file}" for file in todo.pending),
        *(f"{p.trouble.value}: {p.sentence}" for p in todo.problems),
        *(f"invalid index: {index.index} on {index.table}" for index in broken),
        *todo.notes,
    ]
    show(report, lines, as_json)


def _file(state: ledger.Ledger, version: str) -> str:
    return f"{version}_{state.applied[version]}".rstrip("_") + ".sql"


async def _status(
    target: Target,
) -> tuple[ledger.Ledger, plan.Plan, list[indexes.InvalidIndex]]:
    async with target.reading() as database:
        state = await ledger.read(database)
        return state, target.plan_on(state), await indexes.invalid(database)
