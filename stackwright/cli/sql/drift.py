"""`stackwright sql drift`: what the database has that no migration made; exit 4 if anything."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

import click

from stackwright.cli._workspace import workspace
from stackwright.cli.sql._target import options, target_of
from stackwright.sql import drift
from stackwright.sql.drift import Report

DIFFERENT = 4


@click.command()
@options
@click.option("--sql", "script", type=click.Choice(["adopt", "mend"]), help="Print only this SQL.")
def command(as_json: bool, script: str | None, **given: Any) -> None:
    """Compare the database with what its applied migrations make; change nothing."""
    target = target_of(given)
    report = asyncio.run(drift.check(target.files, target.dsn, workspace()))
    if as_json:
        click.echo(json.dumps(_plain(report)))
    elif script:
        click.echo(report.adopt if script == "adopt" else report.mend, nl=False)
        for note in report.notes:
            click.echo(note, err=True)
    else:
        _print(report)
    if report.differences:
        raise SystemExit(DIFFERENT)


def _plain(report: Report) -> dict[str, Any]:
    differences = [
        asdict(item) | {"change": item.change.value, "title": item.title}
        for item in report.differences
    ]
    return {
        "differences": differences,
        "notes": list(report.notes),
        "adopt": report.adopt,
        "mend": report.mend,
    }


def _print(report: Report) -> None:
    for item in report.differences:
        click.echo(str(item))
    for note in report.notes:
        click.echo(f"note: {note}")
    if not report.differences:
        click.echo("no drift: the database is what its migrations make")
        return
    click.echo(f"{len(report.differences)} differences (+ the database, - its migrations)")
    if report.adopt:
        click.echo("to keep what was made by hand: stackwright sql drift --sql adopt")
    if report.mend:
        click.echo("to make again what is missing: stackwright sql drift --sql mend")
