"""`stackwright restore`: a backup into an empty database, or over the one that it came from.

It says first what would be lost and what cannot be brought back. Everything happens in one
transaction: when it fails, or a table does not hold the rows that were backed up, nothing changed.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from stackwright.cli._database import Chosen, choose
from stackwright.cli._progress import Shown, shown
from stackwright.cli._workspace import workspace
from stackwright.errors import Refused
from stackwright.sql import manifest, restore, sealing
from stackwright.sql.database import writing
from stackwright.sql.manifest import BadBackup, Manifest
from stackwright.sql.restore import Into, Outlook

LATEST = "latest"


@click.command()
@click.argument("backup", default=LATEST)
@click.option("--stack", help="The stack whose database is restored; default: the selected one.")
@click.option("--url", help="A database instead of a stack's.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Where backups are kept.")
@click.option("--into-empty", is_flag=True, help="The database holds nothing yet.")
@click.option("--yes-replace", metavar="NAME", help="Its name, typed: replace what it holds.")
@click.option("--production", is_flag=True, help="Yes, also when it is production.")
@click.option("--without-users", is_flag=True, help="Leave auth.users and auth.identities alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    backup: str,
    stack: str | None,
    url: str | None,
    directory: Path | None,
    into_empty: bool,
    yes_replace: str | None,
    production: bool,
    without_users: bool,
    as_json: bool,
) -> None:
    """Restore BACKUP (a folder, a timestamp, or `latest`), all of it or nothing."""
    chosen = choose(stack, url)
    key = sealing.checked(os.environ.get(sealing.VARIABLE))
    folder = _folder(backup, (directory or workspace() / "backups") / chosen.folder)
    known = restore.open_checked(folder, key)
    outlook = asyncio.run(_look(chosen, known, users=not without_users))
    if not as_json:
        for line in _outlook(folder, known, chosen, outlook):
            click.echo(line)
    into = _permitted(chosen, outlook, into_empty, yes_replace, production=production)
    with shown() as bar:
        tell = _Counter(len(known.tables), bar)
        outlook = asyncio.run(
            restore.run(folder, known, chosen.url, key, into, tell, users=not without_users)
        )
    _report(folder, known, chosen, outlook, as_json=as_json)


async def _look(chosen: Chosen, known: Manifest, *, users: bool) -> Outlook:
    async with writing(chosen.url) as database:
        return await restore.look(database, known, users=users)


def _folder(backup: str, place: Path) -> Path:
    if backup == LATEST:
        found = next((folder for folder, known in manifest.all_of(place) if known.verified), None)
        if found is None:
            raise BadBackup(f"{place}: there is no verified backup; make one: stackwright backup")
        return found
    named = Path(backup)
    return named if named.is_dir() else place / backup


def _permitted(
    chosen: Chosen,
    outlook: Outlook,
    into_empty: bool,
    yes_replace: str | None,
    *,
    production: bool,
) -> Into:
    """What was allowed; raises `Refused` with the words that would allow it."""
    if yes_replace is None and not into_empty:
        way = "--into-empty" if outlook.is_empty else f"--yes-replace {chosen.name}"
        raise Refused(f"nothing was changed; to go on, say {way}")
    if into_empty:
        return Into.EMPTY
    if yes_replace != chosen.name:
        raise Refused(f"--yes-replace names {yes_replace}, but this is {chosen.name}")
    if chosen.is_production and not production:
        raise Refused(
            f"{chosen.name} is production: what came after the backup would be lost. Restore into "
            "another stack first and look at it; then, if it must be, add --production."
        )
    return Into.REPLACE


def _outlook(folder: Path, known: Manifest, chosen: Chosen, outlook: Outlook) -> Iterator[str]:
    """What a person must know before."""
    state = "verified" if known.verified else "NOT VERIFIED"
    yield f"backup: {folder} of {known.stack}, {known.started_at}, {state}"
    yield f"target: {chosen.name}"
    for name in sorted(outlook.rows.keys() | known.tables.keys()):
        now, then = outlook.rows.get(name), _then(known, name)
        if now != then:
            yield f"  {name}: {_rows(now)} now, {_rows(then)} then"
    if outlook.users:
        yield "users: those of the backup; everyone signs in anew"
    for schema in outlook.alone:
        yield f"left alone: schema {schema}, but for what depends on what is replaced"
    for sentence in (*known.left_out, *outlook.lacking):
        yield f"cannot be restored: {sentence}"


def _then(known: Manifest, name: str) -> int | None:
    return known.tables.get(name, known.auth_tables.get(name))


def _rows(number: int | None) -> str:
    return "absent" if number is None else f"{number} rows"


class _Counter:
    """Turns the names of tables into progress."""

    def __init__(self, total: int, bar: Shown) -> None:
        self._total, self._bar, self._seen = total, bar, 0

    def __call__(self, table: str) -> None:
        self._seen += 1
        self._bar("restoring tables", min(self._seen, self._total), self._total)


def _report(
    folder: Path, known: Manifest, chosen: Chosen, outlook: Outlook, *, as_json: bool
) -> None:
    if as_json:
        report = {
            "path": str(folder),
            "target": chosen.name,
            "before": outlook.rows,
            "restored": {**known.tables, **{n: known.auth_tables[n] for n in outlook.users}},
            "left_out": [*known.left_out, *outlook.lacking],
            "manifest": asdict(known),
        }
        click.echo(json.dumps(report))
        return
    rows = sum(known.tables.values())
    click.echo(f"Restored and counted: {len(known.tables)} tables, {rows} rows.")
    click.echo("Migrations newer than the backup are pending again: stackwright sql status.")
