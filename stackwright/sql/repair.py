"""Corrects the ledger where it is wrong about the database; it never runs a migration.

`applied` records a file that was run by other means; `reverted` forgets one whose effect was
undone. Both look at the database before they believe: a file that creates a table is applied
when the table is there, and reverted when it is gone.
"""

from collections.abc import Iterable, Sequence

from stackwright.sql import ledger, names
from stackwright.sql.database import Database
from stackwright.sql.effect_rules import Effect, Made, Renamed, Thing
from stackwright.sql.effects import events
from stackwright.sql.errors import BadMigrations, LedgerConflict
from stackwright.sql.migration import Migration
from stackwright.sql.record import Runner, forgotten, recorded
from stackwright.sql.statements import Statement, split


async def applied(
    database: Database, migration: Migration, runner: Runner, *, unchecked: bool = False
) -> None:
    """Record a file as applied, in its present form; raises `LedgerConflict` if it is not."""
    if not unchecked:
        for table in await _tables(database, migration.statements, there=False):
            raise LedgerConflict(
                f"{migration.file} creates {table}, which is not in the database: it is not "
                "applied. Apply it, or use --unchecked if you know better."
            )
    await ledger.ensure(database)
    shared, _ = forgotten(migration.version, database.connection)
    rows = recorded(migration, runner, database.connection, measured=False)
    async with database.connection.transaction():
        for row in (shared, *rows):
            await database.connection.execute(row.encode())


async def reverted(database: Database, version: str, *, unchecked: bool = False) -> None:
    """Forget a version; raises `LedgerConflict` while a table that it made is still there."""
    known = await ledger.read(database)
    if version not in known.applied and version not in known.details:
        raise BadMigrations(f"version {version} is not in the ledger of {database.where}")
    if not unchecked and version in known.applied:
        texts = await ledger.recorded_statements(database, version)
        statements = [statement for text in texts for statement in split(text)]
        for table in await _tables(database, statements, there=True):
            raise LedgerConflict(
                f"{version} created {table}, which is still in the database: undo its effect "
                "first, or use --unchecked if you know better."
            )
    await ledger.ensure(database)
    async with database.connection.transaction():
        for row in forgotten(version, database.connection):
            await database.connection.execute(row.encode())


async def _tables(database: Database, statements: Sequence[Statement], *, there: bool) -> list[str]:
    """The tables that the statements create and that are (or are not) in the database."""
    wanted = [names.text(thing) for thing in _creations(statements)]
    if not wanted:
        return []
    rows = await database.query(
        "SELECT name FROM unnest(%(names)s::text[]) AS name "
        "WHERE (to_regclass(name) IS NOT NULL) = %(there)s",
        {"names": wanted, "there": there},
    )
    return [row["name"] for row in rows]


def _creations(statements: Iterable[Statement]) -> list[Thing]:
    """The tables and views that are left when all statements have run."""
    made: dict[Thing, None] = {}
    for event in (event for statement in statements for event in events(statement)):
        if isinstance(event, Made) and event.thing.kind == "relation" and not event.temporary:
            made[event.thing] = None
        elif isinstance(event, Renamed) and event.old in made:
            del made[event.old]
            made[event.new] = None
        elif isinstance(event, Effect) and event.action.startswith("DROP"):
            made = {thing: None for thing in made if thing not in event.things}
    return list(made)
