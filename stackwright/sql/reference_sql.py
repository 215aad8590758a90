"""The statements that compare a table with its reference data, merge it and record it.

Table, columns and key come from a declaration, so every name is quoted by psycopg.
"""

from collections.abc import Mapping, Sequence
from typing import LiteralString

from psycopg import sql

from stackwright.sql.reference import ReferenceData

_COMPARE = (
    "SELECT ARRAY[{file_key_texts}] AS key, t.ctid IS NULL AS added, {kept} AS kept "
    "FROM {source} f LEFT JOIN {table} t ON {same_key} "
    "WHERE t.ctid IS NULL OR ROW({table_values}) IS DISTINCT FROM ROW({file_values}) ORDER BY 1"
)


class Statements:
    """The statements for one table, its columns, its key and its protected rows."""

    def __init__(self, data: ReferenceData) -> None:
        declaration = data.declaration
        self._key = declaration.key
        self.parts = {
            "table": sql.Identifier(*declaration.table.split(".")),
            "columns": _listed(data.columns),
            "keys": _listed(declaration.key),
            "key_texts": sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier("t", name)) for name in declaration.key
            ),
            "file_key_texts": sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier("f", name)) for name in declaration.key
            ),
            "key_names": sql.Literal(list(declaration.key)),
            "name": sql.Literal(declaration.table),
            "same_key": _joined(declaration.key, " AND ", "t.{0} = f.{0}"),
            "table_values": _joined(data.columns, ", ", "t.{0}"),
            "file_values": _joined(data.columns, ", ", "f.{0}"),
            "assignments": _joined(data.columns, ", ", "{0} = f.{0}"),
            "kept": kept(declaration.keep),
        }

    def _sql(self, text: LiteralString, **more: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(**self.parts, **more)

    @property
    def compare(self) -> sql.Composed:
        """Rows of the file (`%(rows)s`, JSON) that the table lacks or holds differently."""
        source = self._sql("jsonb_populate_recordset(NULL::{table}, %(rows)s::text::jsonb)")
        return self._sql(_COMPARE, source=source)

    @property
    def protected(self) -> sql.Composed:
        """Keys of copied rows that differ from the table's, which are not to be overwritten."""
        return self._sql(
            "SELECT ARRAY[{key_texts}] AS key FROM stackwright_stage f JOIN {table} t "
            "ON {same_key} WHERE {kept} "
            "AND ROW({table_values}) IS DISTINCT FROM ROW({file_values}) ORDER BY 1"
        )

    @property
    def strangers(self) -> sql.Composed:
        """Rows of the table that the copied file lacks."""
        return self._sql(
            "SELECT ARRAY[{key_texts}] AS key, {kept} AS kept FROM {table} t "
            "WHERE NOT EXISTS (SELECT FROM stackwright_stage f WHERE {same_key}) ORDER BY 1"
        )

    @property
    def present(self) -> sql.Composed:
        """The keys of all rows of the table."""
        return self._sql(
            "SELECT ARRAY[{key_texts}] AS key, {kept} AS kept FROM {table} t ORDER BY 1"
        )

    @property
    def lock(self) -> sql.Composed:
        """Keep other writers away until the end; readers go on."""
        return self._sql("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    @property
    def stage(self) -> sql.Composed:
        """A temporary table with the types of the real one and none of its constraints."""
        return self._sql(
            "CREATE TEMPORARY TABLE stackwright_stage ON COMMIT DROP AS "
            "SELECT {columns} FROM {table} WITH NO DATA"
        )

    @property
    def copy(self) -> sql.Composed:
        """Fill it with the CSV; an empty field is NULL, quoted or not."""
        return self._sql(
            "COPY stackwright_stage ({columns}) FROM STDIN "
            "WITH (FORMAT csv, HEADER true, NULL '', FORCE_NULL ({columns}))"
        )

    @property
    def update(self) -> sql.Composed:
        """Bring rows that differ to the file, except protected ones."""
        return self._sql(
            "UPDATE {table} t SET {assignments} FROM stackwright_stage f WHERE {same_key} "
            "AND NOT {kept} AND ROW({table_values}) IS DISTINCT FROM ROW({file_values})"
        )

    def insert(self, *, by_bytes: bool) -> sql.Composed:
        """Add the rows that are missing, in the order of their keys: the index grows at its end.

        `by_bytes`: the keys are text, whose own order may be slow to sort by.
        """
        order = _joined(self._key, ", ", 'f.{0} COLLATE "C"' if by_bytes else "f.{0}")
        return self._sql(
            "INSERT INTO {table} ({columns}) SELECT {file_values} FROM stackwright_stage f "
            "WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same_key}) ORDER BY {order}",
            order=order,
        )

    @property
    def written(self) -> sql.Composed:
        """Keys of some rows that this transaction wrote; `%(not_by)s`: by none of its commands."""
        return self._sql(
            "SELECT ARRAY[{key_texts}] AS key, t.cmin::text AS command FROM {table} t "
            "WHERE t.xmin = pg_current_xact_id()::xid AND t.cmin::text <> %(not_by)s LIMIT 20"
        )

    @property
    def exact_keys(self) -> sql.Composed:
        """Whether keys that differ as text differ as values: true for text, not for numbers."""
        return self._sql(
            "SELECT bool_and(atttypid IN ('text'::regtype, 'varchar'::regtype) AND (attcollation "
            "IN (SELECT oid FROM pg_collation WHERE collisdeterministic))) AS exact "
            "FROM pg_attribute WHERE attrelid = {name}::regclass AND attname = ANY ({key_names})"
        )

    @property
    def is_indexed(self) -> sql.Composed:
        """Whether the key has an index of its own."""
        return self._sql(
            "SELECT EXISTS (SELECT FROM pg_index i WHERE indrelid = {name}::regclass "
            "AND indisvalid AND indpred IS NULL AND (SELECT array_agg(attname::text) @> "
            "{key_names} AND array_agg(attname::text) <@ {key_names} FROM pg_attribute "
            "WHERE attrelid = indrelid AND attnum = ANY (indkey))) AS indexed"
        )

    @property
    def distinct_keys(self) -> sql.Composed:
        """How many different keys were copied, as the server sees them: 1 and 01 may be one."""
        return self._sql(
            "SELECT count(*) AS keys FROM (SELECT FROM stackwright_stage f "
            "WHERE ROW({keys}) IS NOT NULL GROUP BY {keys}) AS each"
        )

    @property
    def simple(self) -> sql.Composed:
        """Whether what is written to the table is what it then holds.

        Triggers, rules, row level security, partitions and views may change or drop rows.
        """
        return self._sql(
            "SELECT relkind = 'r' AND NOT relhasrules "
            "AND NOT relhassubclass AND NOT row_security_active(c.oid) AND NOT EXISTS "
            "(SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS simple "
            "FROM pg_class c WHERE oid = {name}::regclass"
        )

    @property
    def count(self) -> sql.Composed:
        """How many rows the table has."""
        return self._sql("SELECT count(*) AS rows FROM {table}")

    @property
    def prune(self) -> sql.Composed:
        """Delete what the file lacks, except protected rows."""
        return self._sql(
            "DELETE FROM {table} t WHERE NOT {kept} "
            "AND NOT EXISTS (SELECT FROM stackwright_stage f WHERE {same_key})"
        )

    @property
    def unequal(self) -> sql.Composed:
        """How many rows were copied, and how many the table still holds differently."""
        return self._sql(
            "SELECT count(DISTINCT f.ctid) AS staged, count(*) FILTER (WHERE t.ctid IS NULL OR "
            "(NOT {kept} AND ROW({table_values}) IS DISTINCT FROM ROW({file_values}))) AS unequal "
            "FROM stackwright_stage f LEFT JOIN {table} t ON {same_key}"
        )

    @property
    def record(self) -> sql.Composed:
        """Note what was loaded."""
        return self._sql(
            "INSERT INTO stackwright.reference_data "
            "(table_name, checksum, rows, git_sha, applied_by) "
            "SELECT {name}, %(checksum)s, count(*), %(git_sha)s, %(runner)s FROM {table} "
            "ON CONFLICT (table_name) DO UPDATE SET checksum = excluded.checksum, "
            "rows = excluded.rows, git_sha = excluded.git_sha, "
            "applied_by = excluded.applied_by, applied_at = now()"
        )

    @property
    def under_way(self) -> sql.Composed:
        """Of a load in batches that is not done: its checksum, and how many rows are merged."""
        return self._sql(
            "SELECT checksum, done FROM stackwright.reference_progress WHERE table_name = {name}"
        )

    @property
    def advance(self) -> sql.Composed:
        """Note how many rows are merged, in the transaction that merged them."""
        return self._sql(
            "INSERT INTO stackwright.reference_progress "
            "(table_name, checksum, done, git_sha, applied_by) "
            "VALUES ({name}, %(checksum)s, %(done)s, %(git_sha)s, %(runner)s) "
            "ON CONFLICT (table_name) DO UPDATE SET checksum = excluded.checksum, "
            "done = excluded.done, git_sha = excluded.git_sha, "
            "applied_by = excluded.applied_by, applied_at = now()"
        )

    @property
    def forget(self) -> sql.Composed:
        """Nothing is under way any more."""
        return self._sql("DELETE FROM stackwright.reference_progress WHERE table_name = {name}")


def _listed(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _joined(names: Sequence[str], glue: str, each: str) -> sql.Composed:
    return sql.SQL(glue).join(sql.SQL(each).format(sql.Identifier(name)) for name in names)


def kept(keep: Mapping[str, str]) -> sql.Composable:
    """A condition that is true for protected rows of `t`, and never null."""
    if not keep:
        return sql.SQL("false")
    each = [
        sql.SQL("t.{}::text IS NOT DISTINCT FROM {}").format(
            sql.Identifier(name), sql.Literal(value)
        )
        for name, value in keep.items()
    ]
    return sql.SQL("(") + sql.SQL(" AND ").join(each) + sql.SQL(")")
