"""Indexes that CREATE INDEX CONCURRENTLY left INVALID: found, named, dropped to be built again.

A failed concurrent build leaves an index that costs writes and serves no reads, and that
`IF NOT EXISTS` then takes for a finished one (PostgreSQL: CREATE INDEX, "Building Indexes
Concurrently").
"""

from dataclasses import dataclass

from psycopg import sql

from stackwright.sql.database import Database, Readable
from stackwright.sql.statements import Statement
from stackwright.sql.tokens import Kind, Token, significant

_INVALID = """
SELECT i.indexrelid::regclass::text AS index, i.indrelid::regclass::text AS table
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
ORDER BY 1"""
_STATE = """
SELECT n.nspname AS schema, c.relname AS name, i.indisvalid AS valid
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %(name)s AND i.indrelid = to_regclass(%(table)s)"""


@dataclass(frozen=True)
class InvalidIndex:
    """An unusable index and its table, as the server writes their names."""

    index: str
    table: str


@dataclass(frozen=True)
class ConcurrentBuild:
    """What a CREATE INDEX CONCURRENTLY makes: the index's name, the table as it is written."""

    name: str
    table: str


async def invalid(database: Readable) -> list[InvalidIndex]:
    """All INVALID indexes of the database outside the catalogue."""
    return [InvalidIndex(row["index"], row["table"]) for row in await database.query(_INVALID)]


def concurrent_build(statement: Statement) -> ConcurrentBuild | None:
    """The index that a statement builds concurrently; none for other statements or no name."""
    words = statement.words
    if words[:1] != ("CREATE",) or "INDEX" not in words[:3] or "CONCURRENTLY" not in words[:4]:
        return None
    tokens = significant(statement.bare)
    at = next(i for i, token in enumerate(tokens) if token.text.upper() == "CONCURRENTLY") + 1
    if [token.text.upper() for token in tokens[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    name = tokens[at]
    if name.text.upper() == "ON":
        return None
    return ConcurrentBuild(_plain(name), _table(tokens[at + 2 :]))


async def is_built(database: Database, build: ConcurrentBuild) -> bool:
    """Whether the index is there and valid; an INVALID one is dropped first."""
    rows = await database.query(_STATE, {"name": build.name, "table": build.table})
    for row in rows:
        if row["valid"]:
            return True
        name = sql.Identifier(row["schema"], row["name"])
        await database.connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(name))
    return False


def _plain(token: Token) -> str:
    if token.kind is Kind.QUOTED_NAME:
        return token.text[1:-1].replace('""', '"')
    return token.text.lower()


def _table(tokens: list[Token]) -> str:
    """The table's name after ON, as text for to_regclass: `public.orders`."""
    parts: list[str] = []
    for token in tokens:
        if token.text.upper() == "ONLY" and not parts:
            continue
        wants_name = not parts or parts[-1] == "."
        if wants_name != (token.text != "."):
            break
        if wants_name and token.kind not in {Kind.WORD, Kind.QUOTED_NAME}:
            break
        parts.append(token.text)
    return "".join(parts)
