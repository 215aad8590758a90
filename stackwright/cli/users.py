"""`stackwright users`: a stack's users, exported to a private file, or wiped.

What a user's rows are and what must hold before a wipe, the product declares in `sql/users.yaml`.
Nothing that converges ever calls this.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from stackwright import configuration, verify
from stackwright.cli._database import Chosen, choose
from stackwright.cli._progress import shown
from stackwright.cli._workspace import workspace
from stackwright.clients import Clients
from stackwright.clock import SYSTEM
from stackwright.errors import UserInput
from stackwright.finding import Finding
from stackwright.sql import lock, sealing
from stackwright.sql.database import reading, writing
from stackwright.stack import Stack, of_type, selected
from stackwright.users import census, declaration, export, policy, wipe
from stackwright.users.declaration import Declared
from stackwright.users.guards import Site
from stackwright.users.wipe import Plan
from stackwright.verify import Choice, Targets

LOCK_WAIT = 60.0


@click.group()
def command() -> None:
    """Users of a stack: export them, wipe them."""


@command.command(name="export")
@click.option("--stack", help="The stack; default: the selected one.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The file, or a folder for one with its date; outside of any git work tree.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export_command(stack: str | None, output: Path, as_json: bool) -> None:
    """Write every user to a private CSV file; the database is only read."""
    declared, now = declaration.load(), SYSTEM.now()
    chosen = choose(stack, None)
    path = export.target(output, f"users-{chosen.folder}", now)
    key = sealing.checked(os.environ.get(sealing.VARIABLE))
    table = asyncio.run(_read(chosen, declared))
    made = export.write(table, path, chosen.project, key, now)
    export.note(made, workspace() / "exports" / chosen.folder, now)
    if as_json:
        click.echo(json.dumps(asdict(made)))
    else:
        click.echo(f"{made.path}: {made.rows} users, {made}")


async def _read(chosen: Chosen, declared: Declared) -> export.Table:
    async with reading(chosen.url) as database:
        return await export.read(database, declared.export)


@command.command(name="wipe")
@click.option("--stack", help="The stack; default: the selected one.")
@click.option("--consent", metavar="WORDS", help='As the plan prints it: "wipe dev: 3 users".')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def wipe_command(stack: str | None, consent: str | None, as_json: bool) -> None:
    """Delete every user for good. Without --consent: say what would be deleted, and change nothing.

    Exit 3 when a guard refuses, 5 when only the consent is missing.
    """
    asyncio.run(_wipe(_site(stack), choose(stack, None), consent, as_json=as_json))


def _site(name: str | None) -> Site:
    """The stack, its project as its program declares it, and what its file says of users."""
    stack = selected(Path.cwd(), name)
    resources = stack.resources()
    project = next(of_type(resources, "stackwright:supabase:Project"), None)
    if project is None:
        raise UserInput(f"stack {stack.name} has no Supabase project yet: run `pulumi up`")
    return Site(
        stack.name,
        project.id,
        str(project.inputs.get("region") or ""),
        workspace(),
        declaration.load(),
        policy.of_stack(stack.folder, stack.project(), stack.name),
        Clients(configuration.read(os.environ, {})),
        partial(_verify, Targets.of(resources), stack),
        key=sealing.checked(os.environ.get(sealing.VARIABLE)),
    )


async def _verify(
    targets: Targets, stack: Stack, ids: Sequence[str], writing: bool
) -> list[Finding]:
    """Those of the named checks and scenarios that write a probe, or those that only read."""
    in_sql, playable = verify.declared()
    Choice(frozenset(ids)).refuse_unknown([*(c.id for c in in_sql), *(s.id for s in playable)])
    writers = {one.id for one in playable if one.effect != "reads"}
    wanted = frozenset(one for one in ids if (one in writers) == writing)
    if not wanted:
        return []
    return await verify.verify(targets, os.environ, Choice(wanted), stack)


async def _wipe(site: Site, chosen: Chosen, consent: str | None, *, as_json: bool) -> None:
    """Plan, show, and with a consent that fits: do it. Migrations wait meanwhile, and we for them.

    The plan is shown before anything is refused, so that a person sees everything at once.
    """
    left: Mapping[str, int] | None = None
    with shown() as bar:
        async with (
            writing(chosen.url) as database,
            lock.held(database, wait=LOCK_WAIT, clock=SYSTEM, waiting=bar),
        ):
            bar("asking the guards")
            plan = await wipe.look(database, site)
            if not as_json:
                click.echo("\n".join(_lines(plan, site)))
            try:
                if not plan.nothing_to_do:
                    plan.permit(consent)
                    left = await wipe.run(database, site, plan, bar)
            finally:
                if as_json:
                    click.echo(json.dumps(_report(plan, left)))
    if left is not None and not as_json:
        click.echo(f"Wiped and counted: {census.said(left)}.")


def _lines(plan: Plan, site: Site) -> Iterator[str]:
    """What is there and how it goes, the guards, and what is lost."""
    yield f"stack {plan.stack}: project {site.ref} in {site.region or 'an undeclared region'}"
    if plan.nothing_to_do:
        yield "Nobody is there: nothing to wipe."
        return
    if plan.resumed:
        yield f"a wipe of {census.said(plan.expected)} was cut off; this goes on with it"
    for name, number in plan.found.items():
        yield f"  {name:<12} {number:>8}  {_way(name, site.declared)}"
    yield "guards:"
    for one in plan.verdicts:
        yield f"  {'FAIL' if one.objection else 'ok  '} {one.guard:<12} {one.objection}".rstrip()
    for text in wipe.LOST:
        yield f"cannot be brought back: {text}"


def _way(name: str, declared: Declared) -> str:
    """How the rows of this name are deleted."""
    if name == census.USERS:
        return "each through the auth server's admin interface"
    return f"{declared.rows[name].table}, with their users"


def _report(plan: Plan, left: Mapping[str, int] | None) -> dict[str, Any]:
    return {
        "stack": plan.stack,
        "found": plan.found,
        "expected": plan.expected,
        "resumed": plan.resumed,
        "guards": {one.guard: one.objection for one in plan.verdicts},
        "consent": plan.consent,
        "left": left,
    }
