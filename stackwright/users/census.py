"""Who is there: the auth users of a database and the rows that belong to them, counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from stackwright.sql.database import Database, ReadOnlyDatabase, translated
from stackwright.users.declaration import Declared, Rows

USERS = "users"
_IDS = "SELECT id::text AS id FROM auth.users ORDER BY id"


@dataclass(frozen=True)
class Census:
    """`ids`: of the auth users; `counts`: rows by their declared name, then `users`."""

    ids: frozenset[str]
    counts: Mapping[str, int]


async def take(database: ReadOnlyDatabase, declared: Declared) -> Census:
    """Count, in as many round trips as there are tables."""
    with translated(f"cannot count the users of {database.where}"):
        counts = {
            name: (await database.query(_count(rows)))[0]["n"]
            for name, rows in declared.rows.items()
        }
        ids = frozenset(row["id"] for row in await database.query(_IDS))
    return Census(ids, {**counts, USERS: len(ids)})


async def delete_orphans(database: Database, declared: Declared) -> None:
    """Delete the rows whose user is gone: all of them or none. Rows of a user who is there stay."""
    with translated(f"cannot delete what users left in {database.where}"):
        async with database.connection.transaction():
            for rows in reversed(list(declared.rows.values())):
                await database.connection.execute(_ORPHANS.format(*_names(rows)))


_ORPHANS = sql.SQL(
    "DELETE FROM {} AS t WHERE NOT EXISTS (SELECT FROM auth.users u WHERE u.id = t.{})"
)


def said(counts: Mapping[str, int]) -> str:
    """`14 profiles, 3 sessions, 14 users`."""
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def _count(rows: Rows) -> str:
    return sql.SQL("SELECT count(*) AS n FROM {}").format(_names(rows)[0]).as_string()


def _names(rows: Rows) -> tuple[sql.Identifier, sql.Identifier]:
    return sql.Identifier(*rows.table.split(".")), sql.Identifier(rows.user)
