"""Rows of a table as the CSV of a declaration: what an export writes and another stack loads.

One read-only look at the table, at one moment of it: the declared columns, spelled as PostgreSQL
spells a value as text, sorted by key, without the rows that the rules keep for somebody. The same
rows give the same bytes, so that a checksum tells whether anything differs.
"""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from stackwright.sql.database import ReadOnlyDatabase
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.reference_rules import Declaration
from stackwright.sql.reference_sql import kept

# What a database fills by itself cannot be loaded into another one.
_COLUMNS = """
SELECT attname AS name, attcollation <> 0 AS is_text FROM pg_attribute
WHERE attrelid = to_regclass(%(table)s) AND attnum > 0 AND NOT attisdropped
    AND attgenerated = '' AND attidentity <> 'a'
ORDER BY attnum"""


async def read(
    database: ReadOnlyDatabase,
    declaration: Declaration,
    *,
    table: str | None = None,
    columns: Sequence[str] = (),
    protected: bool = False,
) -> str:
    """The CSV of `table` (default: the declared one) with these `columns` (default: all that are
    not excluded); with `protected`, also of the rows that the rules keep.

    Raises `BadReferenceData`.
    """
    table = table or declaration.table
    try:
        found = await database.query(_COLUMNS, {"table": table})
        chosen = _chosen(table, declaration, found, columns)
        source = _Source(table, declaration, chosen, protected=protected)
        await _refuse_empty_text(database, source)
        return (await database.copy(source.copy.as_string(None))).decode()
    except psycopg.errors.Error as error:
        said = error.diag.message_primary or " ".join(str(error).split())
        raise BadReferenceData(f"{table} at {database.where}: {said}") from None


def _chosen(
    table: str, declaration: Declaration, found: Sequence[dict[str, Any]], columns: Sequence[str]
) -> dict[str, bool]:
    """The columns to read, each with whether it is text."""
    there = {row["name"]: row["is_text"] for row in found}
    if not there:
        raise BadReferenceData(f"{table} is not there")
    wanted = columns or [name for name in there if name not in declaration.exclude]
    needed = [*wanted, *declaration.key, *declaration.keep]
    if missing := sorted(set(needed) - there.keys()):
        raise BadReferenceData(f"{table} has no column {', '.join(missing)} to read")
    return {name: there[name] for name in wanted}


async def _refuse_empty_text(database: ReadOnlyDatabase, source: "_Source") -> None:
    """In the CSV it would be NULL, and so it would be in the table that is loaded from it."""
    if not source.texts:
        return
    [row] = await database.query(source.empties.as_string(None))
    if empty := [name for name, count in row.items() if count]:
        raise BadReferenceData(
            f"{source.table}: column {', '.join(empty)} holds empty text, which a data file cannot "
            "tell from NULL: make it NULL, or name the column under `exclude`"
        )


class _Source:
    """The statements that read one table."""

    def __init__(
        self, table: str, declaration: Declaration, columns: dict[str, bool], *, protected: bool
    ) -> None:
        self.table = table
        self.texts = [name for name, is_text in columns.items() if is_text]
        self._columns = columns
        self._parts = {
            "table": sql.Identifier(*table.split(".")),
            "columns": _each("{0}::text AS {0}", columns),
            "empties": _each("count(*) FILTER (WHERE {0} = '') AS {0}", self.texts),
            "order": sql.SQL(", ").join(self._ordered(name) for name in declaration.key),
            "kept": sql.SQL("false") if protected else kept(declaration.keep),
        }

    def _ordered(self, name: str) -> sql.Composed:
        """Text by its bytes, so that the order is that of no one database."""
        collated: LiteralString = 't.{0} COLLATE "C"' if self._columns.get(name) else "t.{0}"
        return sql.SQL(collated).format(sql.Identifier(name))

    @property
    def copy(self) -> sql.Composed:
        """All rows, with a header."""
        return sql.SQL(
            "COPY (SELECT {columns} FROM {table} t WHERE NOT {kept} ORDER BY {order}) "
            "TO STDOUT WITH (FORMAT csv, HEADER true)"
        ).format(**self._parts)

    @property
    def empties(self) -> sql.Composed:
        """How many rows hold empty text, by column."""
        return sql.SQL("SELECT {empties} FROM {table} t WHERE NOT {kept}").format(**self._parts)


def _each(text: LiteralString, names: Sequence[str] | dict[str, bool]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(text).format(sql.Identifier(name)) for name in names)
