"""`stackwright verify`: run the SQL checks and probes of a stack; exit 1 when one fails."""

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from stackwright.stack import selected
from stackwright.verify import Finding, Targets, verify

MARKS = {"passed": "ok  ", "warning": "warn", "failed": "FAIL"}


@click.command()
@click.option("--stack", "name", help="The stack; default: the selected one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(name: str | None, as_json: bool) -> None:
    """Check that what is live is what was declared. Changes nothing."""
    findings = asyncio.run(verify(_targets(name), os.environ))
    failed = [finding for finding in findings if finding.verdict == "failed"]
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings]))
    else:
        _print(findings, len(failed))
    sys.exit(1 if failed else 0)


def _targets(name: str | None) -> Targets:
    """Inside a rollout the state is still growing, so the program says what to verify."""
    told = os.environ.get("STACKWRIGHT_TARGETS")
    if told and name is None:
        return Targets.parse(told)
    return Targets.of(selected(Path.cwd(), name).resources())


def _print(findings: list[Finding], failed: int) -> None:
    for finding in findings:
        detail = f": {finding.detail}" if finding.detail else ""
        click.echo(f"{MARKS[finding.verdict]} {finding.name}{detail}")
    click.echo(f"{len(findings) - failed} of {len(findings)} passed.")
