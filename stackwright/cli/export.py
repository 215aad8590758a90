"""`stackwright export`: a stack's table as the declared data file; changes nothing in the stack.

Exit 4 with `--check` when the file is not what the table holds.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from stackwright import configuration
from stackwright.clients import Clients
from stackwright.errors import UserInput
from stackwright.sql import reference_export
from stackwright.sql.database import reading
from stackwright.sql.reference_export import Export
from stackwright.stack import Resource, Stack, of_type, selected

DIFFERENT = 4
TOKEN = "stackwright:sql:ReferenceData"


@click.command()
@click.argument("name", required=False)
@click.option("--stack", "stack_name", help="The stack; default: the selected one.")
@click.option("--output", type=click.Path(path_type=Path), help="Default: the declared file.")
@click.option("--all", "protected", is_flag=True, help="Also the rows that the rules keep.")
@click.option("--check", is_flag=True, help="Write nothing; exit 4 when the file differs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    name: str | None,
    stack_name: str | None,
    output: Path | None,
    protected: bool,
    check: bool,
    as_json: bool,
) -> None:
    """Write a table of reference data as its file: the declared columns, sorted by key.

    NAME is the resource's name, needed where the stack has several. Rows that the rules keep are
    somebody's own and left out.
    """
    stack = selected(Path.cwd(), stack_name)
    resource = _resource(stack, name)
    rules = stack.folder / resource.inputs["file"]
    target = output or rules.with_suffix(".csv")
    if not target.parent.is_dir():
        raise UserInput(f"--output {target}: there is no folder {target.parent}")
    found = asyncio.run(_read(resource.inputs["project"], rules, target, protected=protected))
    if not check and not found.is_current:
        reference_export.write(target, found.text)
    _report(found, target, written=not check, as_json=as_json)
    if check and not found.is_current:
        raise SystemExit(DIFFERENT)


def _resource(stack: Stack, name: str | None) -> Resource:
    """The declared reference data of this name; the only one, where none is given."""
    found = {resource.name: resource for resource in of_type(stack.resources(), TOKEN)}
    if not found:
        raise UserInput(f"the stack {stack.name} has no reference data")
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name not in found:
        asked = f"there is no {name}" if name else "there are several"
        raise UserInput(f"{asked}; name one of {', '.join(sorted(found))}")
    return found[name]


async def _read(project: str, rules: Path, target: Path, *, protected: bool) -> Export:
    settings = configuration.read(os.environ, {})
    url = settings.get("databaseUrl")
    if url is None:
        address = await Clients(settings).database_address(project)
        url = configuration.with_password(address, settings.database_password(project))
    async with reading(url) as database:
        return await reference_export.read(database, rules, target, protected=protected)


def _report(found: Export, target: Path, *, written: bool, as_json: bool) -> None:
    if as_json:
        known = {"path": str(target), "table": found.table, "rows": found.count}
        changes = {k: v["count"] for k, v in asdict(found.difference).items() if v["count"]}
        said = {"current": found.is_current, "refused": found.complaint}
        click.echo(json.dumps({**known, "difference": changes, **said}))
        return
    click.echo(str(found))
    if written:
        click.echo(f"{target} is as it was" if found.is_current else f"{target} was written")
    if found.complaint:
        click.echo(f"note: its rules refuse it: {found.complaint}", err=True)
