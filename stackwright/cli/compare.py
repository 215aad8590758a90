"""`stackwright compare A B`: in what two stacks differ; exit 4 for what nobody declared."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from stackwright.errors import Refused, UserInput
from stackwright.stack import Stack
from stackwright.survey import comparison, snapshot
from stackwright.survey.comparison import Difference
from stackwright.survey.site import Site
from stackwright.survey.snapshot import Snapshot

DIFFERENT = 4


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--all", "everything", is_flag=True, help="Show the declared differences too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(first: str, second: str, everything: bool, as_json: bool) -> None:
    """Compare what is live on two stacks: database, functions, names of secrets, webhooks.

    Reads only. What may differ is declared in stacks/differences.yaml.
    """
    if first == second:
        raise UserInput(f"{first} and {second} are one stack: name two")
    intended = comparison.load()
    found = comparison.compare(*asyncio.run(_snapshots(first, second)))
    judged = [(one, comparison.reason(one, intended)) for one in found]
    findings = [one for one, why in judged if why is None]
    if as_json:
        listed = [asdict(one) | {"declared": why} for one, why in judged]
        click.echo(json.dumps({"stacks": [first, second], "differences": listed}))
    else:
        _print((first, second), [(o, w) for o, w in judged if everything or w is None])
        declared = len(found) - len(findings)
        click.echo(f"{len(findings)} differences that nobody declared, {declared} declared")
    if findings:
        raise SystemExit(DIFFERENT)


async def _snapshots(*names: str) -> list[Snapshot]:
    stacks = [Stack(name, Path.cwd()) for name in names]
    sites = await asyncio.gather(*(asyncio.to_thread(Site.open, stack) for stack in stacks))
    databases = await asyncio.gather(*(site.database() for site in sites))
    _refuse_one_place(sites, databases)
    taken = (snapshot.take(*pair) for pair in zip(sites, databases, strict=True))
    return list(await asyncio.gather(*taken))


def _refuse_one_place(sites: Sequence[Site], databases: Sequence[str]) -> None:
    """Two stacks that are looked up in one place are always alike, which would reassure wrongly."""
    first, second = sites
    if first.ref == second.ref:
        raise Refused(f"both stacks name the Supabase project {first.ref}: correct one of them")
    if databases[0] == databases[1]:
        raise Refused(
            "both stacks would be read from one database: take SUPABASE_DB_URL out of the "
            "environment, and set stackwright:databaseUrl for each stack if it is needed"
        )


def _print(stacks: tuple[str, str], judged: Sequence[tuple[Difference, str | None]]) -> None:
    for one, why in judged:
        click.echo(f"{one.subject}: {f'only on {one.only_on}' if one.only_on else 'not alike'}")
        for stack, shown in zip(stacks, (one.first, one.second), strict=True):
            for line in shown.splitlines():
                click.echo(f"  {stack}: {line}")
        if why is not None:
            click.echo(f"  declared: {why}")
