"""The SQL around a restore: emptying what is replaced, making what is needed, counting.

`public` is emptied object by object: dropping the schema would also drop the default privileges
that the platform set on it, and extensions that live in it.
"""

from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql

from stackwright.sql.catalogue import Object
from stackwright.sql.database import Connection
from stackwright.sql.drift import Change, Difference

LOCK_TIMEOUT = "30s"
TRANSACTION_TIMEOUT_SINCE = 170000

_SCHEMAS = """
SELECT format('DROP SCHEMA %%I CASCADE', nspname) AS statement
FROM pg_catalog.pg_namespace WHERE nspname = ANY (%(schemas)s) AND nspname <> 'public'"""

# Everything that no extension brought; what hangs on another object goes with it.
_OBJECTS = """
WITH ours AS (SELECT 'public'::pg_catalog.regnamespace AS oid),
brought AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'),
found AS (
    SELECT 1 AS turn, c.oid, format('DROP %%s IF EXISTS %%I.%%I CASCADE', CASE c.relkind
        WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
        WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
        'public', c.relname) AS statement
    FROM pg_catalog.pg_class c, ours WHERE c.relnamespace = ours.oid
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S') AND NOT c.relispartition
    AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid
        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')))
    AND ('pg_catalog.pg_class'::pg_catalog.regclass::oid, c.oid) NOT IN (TABLE brought)
    UNION ALL
    SELECT 2, p.oid, format('DROP ROUTINE IF EXISTS %%I.%%I(%%s) CASCADE', 'public', p.proname,
        pg_catalog.pg_get_function_identity_arguments(p.oid))
    FROM pg_catalog.pg_proc p, ours WHERE p.pronamespace = ours.oid
    AND ('pg_catalog.pg_proc'::pg_catalog.regclass::oid, p.oid) NOT IN (TABLE brought)
    UNION ALL
    SELECT 3, t.oid, format('DROP %%s IF EXISTS %%I.%%I CASCADE',
        CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, 'public', t.typname)
    FROM pg_catalog.pg_type t, ours WHERE t.typnamespace = ours.oid
    AND t.typtype IN ('e', 'd', 'r')
    AND ('pg_catalog.pg_type'::pg_catalog.regclass::oid, t.oid) NOT IN (TABLE brought)
)
SELECT statement FROM found WHERE 'public' = ANY (%(schemas)s) ORDER BY turn, oid"""


async def wiping(connection: Connection, schemas: Sequence[str], users: Sequence[str]) -> list[str]:
    """Statements that empty these schemas and remove the rows of these tables of users."""
    values = {"schemas": list(schemas)}
    found: list[str] = []
    for query in (_SCHEMAS, _OBJECTS):
        cursor = await connection.execute(query.encode(), values)
        found += [row["statement"] for row in await cursor.fetchall()]
    # Identities before users: they refer to them.
    emptied = (sql.SQL("DELETE FROM {}").format(_table(name)) for name in sorted(users))
    return [*found, *(statement.as_string(None) for statement in emptied)]


def opening(wipe: Iterable[str], beginnings: Iterable[str]) -> list[str]:
    """The statements before the first archive."""
    return [
        "BEGIN",
        "SET client_min_messages = warning",
        f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'",
        "SET LOCAL statement_timeout = 0",
        *wipe,
        *beginnings,
    ]


def beginnings(
    roles: Iterable[str], schemas: Iterable[str], extensions: Mapping[str, str]
) -> list[str]:
    """What must be there before the archives: roles (without login), schemas, extensions."""
    made = [
        *(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)) for name in roles),
        *(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name))
            for name in dict.fromkeys([*schemas, *extensions.values()])
        ),
        *(_extension(name, schema) for name, schema in extensions.items()),
    ]
    return [statement.as_string(None) for statement in made]


def counted(tables: Mapping[str, int]) -> list[str]:
    """A check for each table, inside the transaction: another number of rows ends it."""
    return [_check(name, rows) for name, rows in tables.items()]


# Most extensions serve nobody but the platform: what needs one that may not be made fails itself.
_EXTENSION = """
BEGIN
    CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {schema} CASCADE;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'an extension was not made: %', SQLERRM;
END"""


def _extension(name: str, schema: str) -> sql.Composed:
    body = sql.SQL(_EXTENSION).format(name=sql.Identifier(name), schema=sql.Identifier(schema))
    return sql.SQL("DO {}").format(sql.Literal(body.as_string(None)))


_CHECK = """
DECLARE found bigint;
BEGIN
    SELECT count(*) INTO found FROM ONLY {table};
    IF found <> {rows} THEN RAISE EXCEPTION {said}, found; END IF;
END"""


def _check(name: str, rows: int) -> str:
    said = f"{name.replace('%', '%%')} holds % rows instead of {rows}"
    body = sql.SQL(_CHECK).format(
        table=_table(name), rows=sql.Literal(rows), said=sql.Literal(said)
    )
    return sql.SQL("DO {}").format(sql.Literal(body.as_string(None))).as_string(None)


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split(".", 1))


def kept(listed: Iterable[str], powers: frozenset[str]) -> list[str]:
    """The entries of an archive's list that we restore.

    Schemas are there already; default privileges of roles that we may not act for are the
    platform's own.
    """
    return [line for line in listed if not _is_left_out(line, powers)]


def _is_left_out(line: str, powers: frozenset[str]) -> bool:
    _, _, entry = line.partition("; ")
    words = entry.split()[2:]
    if words[:1] == ["SCHEMA"] and words[1:2] == ["-"]:
        return True
    return words[:2] == ["DEFAULT", "ACL"] and words[-1] not in powers


def unlike(
    differences: Iterable[Difference], wanted: Iterable[Object], *, same_major: bool
) -> list[str]:
    """What of a restored database is not as it was backed up, as sentences.

    Other majors word some definitions differently; extensions are reported on their own.
    """
    names = {item.name for item in wanted}
    return [
        f"{item.kind} {item.name} of {item.parent}" if item.parent else f"{item.kind} {item.name}"
        for item in differences
        if item.kind != "extension"
        and (same_major or item.change is not Change.CHANGED)
        and (item.change is not Change.EXTRA or _owner(item) in names)
    ]


def _owner(item: Difference) -> str:
    """What it belongs to: a grant's parent is `TABLE public.t`."""
    return item.parent.partition(" ")[2] if item.kind == "grant" else item.parent


def understood(text: bytes, server_version: int) -> bytes:
    """The head of a script without the one setting that servers before 17 refuse."""
    if server_version >= TRANSACTION_TIMEOUT_SINCE:
        return text
    return text.replace(b"SET transaction_timeout = 0;\n", b"", 1)
