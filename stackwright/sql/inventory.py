"""What a backup must hold: read in one snapshot, which `pg_dump` then shares.

Ours are the schemas that the platform does not keep for itself. What users put on the platform's
own tables (a trigger on `auth.users`, policies on `storage.objects`, tables in a publication) is
in no dump of our schemas: it is kept as SQL, with the default privileges of the whole database.
PostgreSQL: documentation 9.28.5 "Snapshot Synchronization Functions".
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg import sql

from stackwright.sql import catalogue, default_privileges
from stackwright.sql.catalogue import PLATFORM, Object
from stackwright.sql.database import Connection, Database, Row, translated

AUTH_TABLES = ("auth.users", "auth.identities")
"""What is needed to sign in again; sessions are not: everyone signs in anew."""
COUNTED_AT_ONCE = 200
LOCK_TIMEOUT = "30s"
"""While we wait for a table that somebody changes, others wait behind us."""

_SCHEMAS = """
SELECT nspname AS name FROM pg_catalog.pg_namespace n
WHERE nspname NOT LIKE 'pg\\_%%' AND NOT nspname = ANY (%(platform)s)
AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_namespace'::regclass AND objid = n.oid AND deptype = 'e'
)
ORDER BY 1"""
_TABLES = """
SELECT n.nspname AS schema, c.relname AS name
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) AND c.relkind = 'r' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid AND deptype = 'e'
)
ORDER BY 1, 2"""
_EXTENSIONS = """
SELECT extname AS name, nspname AS schema
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE extname <> 'plpgsql' ORDER BY 1"""
_ROLES = """
SELECT DISTINCT r.rolname AS name FROM pg_catalog.pg_shdepend d
JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.dbid =
    (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
AND r.rolname NOT LIKE 'pg\\_%%' ORDER BY 1"""
_READABLE = """
SELECT name FROM unnest(%(names)s::text[]) AS name
WHERE has_table_privilege(to_regclass(name), 'SELECT')"""
_TRIGGERS = """
SELECT pg_catalog.pg_get_triggerdef(t.oid) AS definition, t.tgname AS name, n.nspname AS schema,
    c.relname AS table
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
WHERE NOT t.tgisinternal AND n.nspname = ANY (%(platform)s) AND f.nspname = ANY (%(schemas)s)
ORDER BY 3, 4, 2"""
_POLICIES = """
SELECT schemaname AS schema, tablename AS table, policyname AS name,
    format('CREATE POLICY %%I ON %%I.%%I AS %%s FOR %%s TO %%s', policyname, schemaname, tablename,
        permissive, cmd, (SELECT string_agg(CASE role WHEN 'public' THEN 'public'
        ELSE quote_ident(role) END, ', ') FROM unnest(roles) AS role))
    || coalesce(' USING (' || qual || ')', '') || coalesce(' WITH CHECK (' || with_check || ')', '')
    AS definition
FROM pg_catalog.pg_policies WHERE schemaname IN ('auth', 'storage', 'realtime') ORDER BY 1, 2, 3"""
_PUBLISHED = """
SELECT pubname AS publication, schemaname AS schema, tablename AS table
FROM pg_catalog.pg_publication_tables JOIN pg_catalog.pg_publication USING (pubname)
WHERE NOT puballtables AND schemaname = ANY (%(schemas)s) ORDER BY 1, 2, 3"""


@dataclass(frozen=True)
class Inventory:
    """What there is; see `Manifest` for the same names. `platform_sql`: statements in order."""

    snapshot: str
    role: str
    schemas: Sequence[str]
    tables: Mapping[str, int]
    auth_tables: Mapping[str, int]
    objects: Sequence[Object]
    extensions: Mapping[str, str]
    roles: Sequence[str]
    platform_sql: Sequence[str]
    bytes: int


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Connection]:
    """A read-only transaction whose snapshot others may share for the length of the block."""
    connection = database.connection
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        # Definitions name every schema then; and a count that a policy would cut is an error.
        await connection.execute("SET LOCAL search_path = ''")
        await connection.execute("SET LOCAL row_security = off")
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection
    finally:
        if not connection.closed:
            await connection.rollback()


async def take(connection: Connection, chosen: Sequence[str] = ()) -> Inventory:
    """Read it all in the transaction of `snapshot`; only the `chosen` schemas if there are any.

    Raises `DatabaseRefused`.
    """
    with translated("cannot read what is to be backed up"):
        schemas = list(chosen) or await schemas_of(connection)
        values = {"schemas": schemas, "platform": list(PLATFORM)}
        [first] = await _rows(
            connection, "SELECT pg_export_snapshot() AS name, current_user AS role"
        )
        [size] = await _rows(
            connection, "SELECT pg_database_size(current_database())::bigint AS bytes"
        )
        tables = [(r["schema"], r["name"]) for r in await _rows(connection, _TABLES, values)]
        return Inventory(
            first["name"],
            first["role"],
            schemas,
            await counts(connection, tables),
            await counts(connection, await auth_tables(connection)),
            await catalogue.read_inside(connection, schemas),
            {r["name"]: r["schema"] for r in await _rows(connection, _EXTENSIONS)},
            [r["name"] for r in await _rows(connection, _ROLES)],
            await _platform_sql(connection, values),
            size["bytes"],
        )


async def schemas_of(connection: Connection) -> list[str]:
    """The schemas that are the user's own."""
    rows = await _rows(connection, _SCHEMAS, {"platform": list(PLATFORM)})
    return [row["name"] for row in rows]


async def auth_tables(connection: Connection) -> list[tuple[str, str]]:
    """The tables of users that are there and that this role may read."""
    rows = await _rows(connection, _READABLE, {"names": list(AUTH_TABLES)})
    return [("auth", row["name"].partition(".")[2]) for row in rows]


async def counts(connection: Connection, tables: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Rows of each table, by `schema.table`, in few round trips."""
    found: dict[str, int] = {}
    for start in range(0, len(tables), COUNTED_AT_ONCE):
        part = tables[start : start + COUNTED_AT_ONCE]
        selects = [
            sql.SQL("SELECT {} AS name, count(*) AS rows FROM ONLY {}").format(
                sql.Literal(".".join(table)), sql.Identifier(*table)
            )
            for table in part
        ]
        cursor = await connection.execute(sql.SQL(" UNION ALL ").join(selects))
        found |= {row["name"]: row["rows"] for row in await cursor.fetchall()}
    return found


async def _platform_sql(connection: Connection, values: Mapping[str, object]) -> list[str]:
    triggers = await _rows(connection, _TRIGGERS, values)
    policies = await _rows(connection, _POLICIES)
    published = await _rows(connection, _PUBLISHED, values)
    rules = await default_privileges.read(connection, [])
    return [
        *(line for row in triggers for line in _replaced("TRIGGER", row)),
        *(line for row in policies for line in _replaced("POLICY", row)),
        *(
            sql.SQL("ALTER PUBLICATION {} ADD TABLE ONLY {}")
            .format(sql.Identifier(r["publication"]), sql.Identifier(r["schema"], r["table"]))
            .as_string(connection)
            for r in published
        ),
        *default_privileges.put_back(rules, whole_database=True),
    ]


def _replaced(kind: str, row: Row) -> list[str]:
    drop = sql.SQL("DROP " + kind + " IF EXISTS {} ON {}").format(
        sql.Identifier(row["name"]), sql.Identifier(row["schema"], row["table"])
    )
    return [drop.as_string(None), row["definition"]]


async def _rows(
    connection: Connection, query: str, values: Mapping[str, object] | None = None
) -> list[Row]:
    # Even without values: a doubled percent sign is a single one in all of these.
    cursor = await connection.execute(query.encode(), values or {})
    return await cursor.fetchall()
