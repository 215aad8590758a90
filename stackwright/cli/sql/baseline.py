"""`stackwright sql baseline`: a database that has the schema already."""

import asyncio
from typing import Any

import click

from stackwright.cli._workspace import workspace
from stackwright.cli.sql._target import options, show, target_of, written
from stackwright.sql import ledger, repair, shadow
from stackwright.sql.database import Database
from stackwright.sql.errors import BadMigrations
from stackwright.sql.migration import Migration, version_key


@click.command()
@options
@click.argument("version")
@click.option("--unchecked", is_flag=True, help="Do not try the files on an empty database.")
def command(as_json: bool, version: str, unchecked: bool, **given: Any) -> None:
    """Record the files up to VERSION as applied: the database has their effect already."""
    target = target_of(given)
    files = [f for f in target.files if version_key(f.version) <= version_key(version)]
    if not unchecked:
        _refuse_broken(files)

    async def record(database: Database) -> list[str]:
        known = await ledger.read(database)
        todo = [file for file in files if file.version not in known.applied]
        for file in todo:
            await repair.applied(database, file, target.runner, unchecked=unchecked)
        return [file.file for file in todo]

    recorded = written(target, record)
    show({"recorded": recorded}, [f"recorded: {file}" for file in recorded], as_json)


def _refuse_broken(files: list[Migration]) -> None:
    """A baseline that does not replay fails every new, empty database."""
    report = asyncio.run(shadow.check(files, None, workspace()))
    if report.failure:
        raise BadMigrations(
            f"the files do not run on an empty database: {report.failure}; every new database "
            "would fail. Repair them, or use --unchecked."
        )
