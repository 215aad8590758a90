"""`stackwright sql export`: all rows of a table in a private CSV file; only reads the database."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

import click
from psycopg import sql

from stackwright.cli._database import choose
from stackwright.clock import SYSTEM
from stackwright.errors import UserInput
from stackwright.sql import sealing
from stackwright.sql.database import reading
from stackwright.users import export


@click.command()
@click.argument("table")
@click.option("--stack", help="The stack; default: the selected one.")
@click.option("--url", help="A database instead of a stack's.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The file, or a folder for one with its date; outside of any git work tree.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(table: str, stack: str | None, url: str | None, output: Path, as_json: bool) -> None:
    """Write TABLE (public unless it names its schema), encrypted with STACKWRIGHT_BACKUP_KEY."""
    query, now = _query(table), SYSTEM.now()
    chosen = choose(stack, url)
    path = export.target(output, f"{table}-{chosen.folder}", now)
    key = sealing.checked(os.environ.get(sealing.VARIABLE))
    made = export.write(asyncio.run(_read(chosen.url, query)), path, chosen.project, key, now)
    if as_json:
        click.echo(json.dumps(asdict(made)))
    else:
        click.echo(f"{made.path}: {made.rows} rows, {made}")


async def _read(url: str, query: str) -> export.Table:
    async with reading(url) as database:
        return await export.read(database, query)


def _query(table: str) -> str:
    """Sorted, so that the same rows give the same file."""
    schema, _, name = table.rpartition(".")
    if not name or "\0" in table or "." in schema:
        raise UserInput(f"{table!r} is no table: write lerg_codes or public.lerg_codes")
    named = sql.Identifier(schema or "public", name)
    return sql.SQL("SELECT * FROM {} AS t ORDER BY t::text").format(named).as_string()
