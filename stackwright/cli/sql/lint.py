"""`stackwright sql lint`: what the files say, without a database."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from stackwright.cli._workspace import workspace
from stackwright.cli.sql._target import DIRECTORY, Json, options, show, target_of
from stackwright.sql import lint
from stackwright.sql import round_trip as returning
from stackwright.sql.effects import effects


@click.command()
@options
@click.option("--refuse", multiple=True, metavar="RULE", help="A rule of squawk that must hold.")
@click.option("--ignore", multiple=True, metavar="RULE", help="A rule of squawk to leave out.")
@click.option(
    "--round-trip",
    is_flag=True,
    help="Also run them and their ways back on a throw-away server: is all as before?",
)
def command(
    as_json: bool,
    refuse: tuple[str, ...],
    ignore: tuple[str, ...],
    round_trip: bool,
    **given: Any,
) -> None:
    """Read the files: are they SQL, what do they lock and destroy, what does squawk say?"""
    target = target_of(given | ({"directory": Path(DIRECTORY)} if _alone(given) else {}))
    files = target.files
    found = [*effects(files), *effects([*target.folder.ways.values()][::-1])]
    rules: Json = {**target.rules.lint}
    rules |= dict.fromkeys(ignore, "ignore") | dict.fromkeys(refuse, "refuse")
    findings = asyncio.run(lint.of_migrations(target.directory, files, rules))
    if round_trip:
        findings += asyncio.run(returning.check(target.folder, workspace()))
    report = {
        "effects": [asdict(effect) for effect in found],
        "findings": [asdict(finding) for finding in findings],
    }
    show(report, [*map(str, found), *map(str, findings)], as_json)
    lint.refuse(findings, rules)
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


def _alone(given: Json) -> bool:
    """Reading files needs no stack."""
    return not any(given[name] for name in ("directory", "url", "stack"))
