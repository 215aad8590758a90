"""`stackwright env`: the names of a stack's secrets and variables; exit 4 when one was lost."""

import asyncio
import json
from itertools import groupby
from pathlib import Path

import click

from stackwright.stack import selected
from stackwright.survey.site import Site
from stackwright.survey.variables import MEANS, Name, Standing, names

DIFFERENT = 4


@click.command()
@click.option("--stack", help="The stack; default: the selected one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(stack: str | None, as_json: bool) -> None:
    """Record which secrets and variables a stack has: names, never values.

    Reads Supabase's secrets and Render's variables, before the first `up` too.
    """
    site = Site.open(selected(Path.cwd(), stack))
    found = asyncio.run(names(site))
    if as_json:
        listed = [{"place": n.place, "name": n.name, "standing": n.standing.value} for n in found]
        click.echo(json.dumps({"stack": site.name, "project": site.ref, "names": listed}))
    else:
        _print(found)
    if any(name.standing is Standing.LOST for name in found):
        raise SystemExit(DIFFERENT)


def _print(found: list[Name]) -> None:
    for place, members in groupby(found, key=lambda name: name.place):
        click.echo(place)
        for name in members:
            click.echo(f"  {name.name}: {MEANS[name.standing]}")
