"""`stackwright sql drift`: what the database has that no migration made; exit 4 if anything."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from stackwright.sql import drift
from stackwright.sql.drift import Report
from stackwright.sql.migration import Migration

DIFFERENT = 4


def run(files: Sequence[Migration], url: str, root: Path, *, script: str, as_json: bool) -> None:
    """Compare and print; `script` is `adopt` or `mend` to print only that SQL, or empty."""
    report = asyncio.run(drift.check(files, url, root))
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
