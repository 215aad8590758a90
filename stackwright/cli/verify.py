"""`stackwright verify`: run checks, probes and scenarios of a stack; exit 1 when one fails."""

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from stackwright.errors import UserInput
from stackwright.finding import Finding
from stackwright.stack import Stack, selected
from stackwright.verify import Choice, Targets, declared, verify

MARKS = {"passed": "ok  ", "warning": "warn", "failed": "FAIL", "skipped": "skip"}
EFFECTS = {
    "reads": "",
    "writes": " (makes something marked and removes it)",
    "pays": " (buys in test mode; refused with a live key)",
}


@click.command()
@click.option("--stack", "name", help="The stack; default: the selected one.")
@click.option("--only", default="", metavar="V5,V9", help="Only the checks of these ids.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="P1",
    help="Play this scenario and nothing else; may be repeated.",
)
@click.option("--list", "listed", is_flag=True, help="Name all checks and scenarios.")
@click.option("--baseline", is_flag=True, help="Compare later runs' times with those of this one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    name: str | None,
    only: str,
    scenarios: tuple[str, ...],
    listed: bool,
    baseline: bool,
    as_json: bool,
) -> None:
    """Check that what is live is what was declared.

    Changes nothing, unless a scenario that does is asked for by its id.
    """
    if listed:
        _list()
        return
    choice = Choice(frozenset(filter(None, (i.strip() for i in (*only.split(","), *scenarios)))))
    if (only or scenarios) and not choice.ids:
        raise UserInput("--only and --scenario need an id; `--list` names them all")
    targets, stack = _targets(name)
    findings = asyncio.run(verify(targets, os.environ, choice, stack, renew_baseline=baseline))
    failed = [finding for finding in findings if finding.verdict == "failed"]
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings]))
    else:
        _print(findings)
    sys.exit(1 if failed else 0)


def _targets(name: str | None) -> tuple[Targets, Stack | None]:
    """Inside a rollout the state is still growing, so the program says what to verify."""
    told = os.environ.get("STACKWRIGHT_TARGETS")
    if told and name is None:
        return Targets.parse(told), None
    stack = selected(Path.cwd(), name)
    return Targets.of(stack.resources()), stack


def _list() -> None:
    in_sql, playable = declared()
    for check in in_sql:
        click.echo(f"{check.id} {check.title}")
    for scenario in playable:
        click.echo(f"{scenario.name}{EFFECTS[scenario.effect]}")


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        detail = f": {finding.detail}" if finding.detail else ""
        click.echo(f"{MARKS[finding.verdict]} {finding.name}{detail}")
    skipped = sum(finding.verdict == "skipped" for finding in findings)
    failed = sum(finding.verdict == "failed" for finding in findings)
    tried = len(findings) - skipped
    rest = f", {skipped} could not be tried" if skipped else ""
    click.echo(f"{tried - failed} of {tried} passed{rest}.")
