"""`stackwright report`: what a stack has, beside what the papers say of it; changes nothing."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from stackwright.stack import selected
from stackwright.survey.figures import Figure, Papers, figures
from stackwright.survey.site import Site

DIFFERENT = 4
HEAD = ("", "now", "documented start", "documented end", "declared", "")


@click.command()
@click.option("--stack", help="The stack; default: the selected one.")
@click.option("--exit-code", is_flag=True, help="End with 4 when the start is not as documented.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(stack: str | None, exit_code: bool, as_json: bool) -> None:
    """Count what a stack has, beside the documented figures: before the first `up`, and after."""
    papers = Papers.load()
    site = Site.open(selected(Path.cwd(), stack))
    found = asyncio.run(figures(site, papers))
    if as_json:
        listed = [asdict(figure) | {"differs": figure.differs} for figure in found]
        rolled_out = not site.is_new
        click.echo(json.dumps({"stack": site.name, "rolled_out": rolled_out, "figures": listed}))
    else:
        _print(site, found)
    if exit_code and any(figure.differs for figure in found):
        raise SystemExit(DIFFERENT)


def _print(site: Site, found: Sequence[Figure]) -> None:
    when = "before its first up" if site.is_new else "rolled out"
    click.echo(f"stack {site.name}, project {site.ref}, {when}")
    table = [HEAD, *map(_row, found)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    for row in table:
        click.echo(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _row(figure: Figure) -> tuple[str, ...]:
    numbers = (figure.now, figure.start, figure.end, figure.declared)
    mark = f"differs by {figure.now - (figure.start or 0):+d}" if figure.differs else ""
    return (figure.name, *("" if n is None else str(n) for n in numbers), mark)
