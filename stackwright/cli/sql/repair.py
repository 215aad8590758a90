"""`stackwright sql repair`: correct the ledger."""

from typing import Any

import click

from stackwright.cli.sql._target import options, show, target_of, written
from stackwright.sql import repair
from stackwright.sql.database import Database


@click.command(name="repair")
@options
@click.argument("versions", nargs=-1, required=True)
@click.option("--status", type=click.Choice(["applied", "reverted"]), required=True)
@click.option("--unchecked", is_flag=True, help="Believe it without looking at the tables.")
def command(
    as_json: bool, versions: tuple[str, ...], status: str, unchecked: bool, **given: Any
) -> None:
    """Correct the ledger: VERSIONS were applied by other means, or undone."""
    target = target_of(given)
    files = [target.file(version) for version in versions if status == "applied"]

    async def correct(database: Database) -> None:
        for file in files:
            await repair.applied(database, file, target.runner, unchecked=unchecked)
        for version in versions if status == "reverted" else ():
            await repair.reverted(database, version, unchecked=unchecked)

    written(target, correct)
    lines = [f"{version} is now recorded as {status}" for version in versions]
    show({"versions": list(versions), "status": status}, lines, as_json)
