"""`stackwright backup`: a verified backup of a stack's database; changes nothing there.

It is kept in `.stackwright/backups/<stack>/<timestamp>/`, encrypted when `STACKWRIGHT_BACKUP_KEY`
is set. Exit 1 when it could not be verified: it is kept, and its manifest says why.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from stackwright import configuration
from stackwright.cli._database import Chosen, choose
from stackwright.cli._progress import shown
from stackwright.cli._workspace import workspace
from stackwright.clients import Clients
from stackwright.clock import SYSTEM
from stackwright.errors import StackwrightError
from stackwright.sql import backup, manifest, sealing, vendor_backups
from stackwright.sql.manifest import Manifest

KEEP = 14


@click.command()
@click.option("--stack", help="The stack; default: the selected one.")
@click.option("--url", help="A database instead of a stack's.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Where to keep backups.")
@click.option("--schema", "schemas", multiple=True, help="Only this schema (may be repeated).")
@click.option("--keep", default=KEEP, help="How many verified backups stay.", show_default=True)
@click.option("--jobs", default=0, help="Connections that copy; 0: by size.", show_default=True)
@click.option("--no-verify", is_flag=True, help="Do not restore it into a throw-away server.")
@click.option("--list", "only_list", is_flag=True, help="Show the backups that there are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    stack: str | None,
    url: str | None,
    directory: Path | None,
    schemas: tuple[str, ...],
    keep: int,
    jobs: int,
    no_verify: bool,
    only_list: bool,
    as_json: bool,
) -> None:
    """Back up a stack's database: schema, rows, users; restored once to prove it."""
    chosen = choose(stack, url)
    place = (directory or workspace() / "backups") / chosen.folder
    if only_list:
        _list(place, chosen, as_json=as_json)
        return
    with shown() as bar:
        options = backup.Options(
            root=workspace(),
            schemas=schemas,
            jobs=jobs,
            key=sealing.checked(os.environ.get(sealing.VARIABLE)),
            verify=not no_verify,
            progress=lambda news: bar(news.phase, news.done, news.total),
        )
        made = asyncio.run(backup.make(chosen.url, chosen.stack, chosen.project, place, options))
    gone = manifest.prune(place, keep)
    _report(made, manifest.read(made), gone, as_json=as_json)
    if not no_verify and not manifest.read(made).verified:
        raise SystemExit(1)


def _report(folder: Path, made: Manifest, gone: Sequence[Path], *, as_json: bool) -> None:
    if as_json:
        removed = [str(path) for path in gone]
        click.echo(json.dumps({"path": str(folder), "removed": removed, **asdict(made)}))
        return
    click.echo(f"{folder}: {_summary(made)}")
    for sentence in made.left_out:
        click.echo(f"not in it: {sentence}")
    for path in gone:
        click.echo(f"removed: {path}")
    if not made.verified and made.verified_note:
        click.echo(f"NOT VERIFIED: {made.verified_note}")


def _summary(made: Manifest) -> str:
    """`3 tables, 1005 rows, 5 users, 36 kB, encrypted, verified on PostgreSQL 17`."""
    users = made.auth_tables.get("auth.users", 0)
    parts = [
        f"{len(made.tables)} tables",
        f"{sum(made.tables.values())} rows",
        f"{users} users",
        _size(made.bytes),
        "encrypted" if made.encryption else "not encrypted",
        f"verified on {made.verified_on}" if made.verified else "not verified",
    ]
    return ", ".join(parts)


def _size(number: int) -> str:
    size = float(number)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _list(place: Path, chosen: Chosen, *, as_json: bool) -> None:
    own = list(manifest.all_of(place))
    points = _restore_points(chosen)
    if as_json:
        backups = [{"path": str(folder), **asdict(known)} for folder, known in own]
        click.echo(json.dumps({"backups": backups, "vendor": points}))
        return
    for folder, known in own:
        hours = known.age(SYSTEM.now())
        click.echo(f"{folder}: {hours:.0f} h old, {_summary(known)}")
    if not own:
        click.echo(f"There is no backup in {place}.")
    for line in vendor_backups.sentences(points):
        click.echo(line)


def _restore_points(chosen: Chosen) -> dict[str, Any]:
    """Supabase's own backups; an error is part of the report, not its end."""
    if not chosen.project:
        return {}
    try:
        settings = configuration.read(os.environ, {})
        return asyncio.run(Clients(settings).supabase_reader.backups(chosen.project))
    except StackwrightError as error:
        return {"error": str(error)}
