"""A database's own schema as rows that can be compared: what, of which table, its definition.

Definitions are the server's own (`pg_get_indexdef` and its like) with every schema named, so that
two servers of one major write the same thing in the same words. Left out: what extensions brought,
the platform's own schemas (but not what users put on their tables), the ledgers, owners, rules,
event triggers, text search and operators.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from stackwright.sql.database import Connection, ReadOnlyDatabase, Row, translated

PLATFORM = (
    "auth", "storage", "realtime", "_realtime", "extensions", "graphql", "graphql_public", "vault",
    "pgbouncer", "pgsodium", "pgsodium_masks", "net", "cron", "supabase_functions", "_analytics",
    "pgtle", "information_schema",
)  # fmt: skip
"""Schemas that Supabase makes and changes itself."""

LEDGERS = ("supabase_migrations", "stackwright")
PLATFORM_EXTENSIONS = (
    "plpgsql", "pgcrypto", "uuid-ossp", "pg_stat_statements", "pgjwt", "pgsodium", "pg_graphql",
    "supabase_vault", "pgaudit",
)  # fmt: skip
"""What every Supabase project comes with; which of them depends on its age."""

# The search path must be empty before the first definition is written: the lateral subquery needs
# a value of the row that sets it, and OFFSET 0 keeps the planner from taking the two apart.
_QUERY = r"""
WITH setting AS MATERIALIZED (SELECT set_config('search_path', '', true) AS done),
brought AS MATERIALIZED (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
),
schemas AS MATERIALIZED (
    SELECT oid, nspname AS name, nspacl, nspowner FROM pg_catalog.pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND NOT nspname = ANY ({foreign_schemas})
    AND ('pg_catalog.pg_namespace'::pg_catalog.regclass::oid, oid) NOT IN (TABLE brought)
    AND ({all_schemas} OR nspname = ANY ({schemas}))
),
relations AS MATERIALIZED (
    SELECT c.*, s.name AS schema, format('%I.%I', s.name, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace
    WHERE ('pg_catalog.pg_class'::pg_catalog.regclass::oid, c.oid) NOT IN (TABLE brought)
),
routines AS MATERIALIZED (
    SELECT p.*, format('%I.%I(%s)', s.name, p.proname,
        pg_catalog.pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_catalog.pg_proc p JOIN schemas s ON s.oid = p.pronamespace
    WHERE ('pg_catalog.pg_proc'::pg_catalog.regclass::oid, p.oid) NOT IN (TABLE brought)
),
columns_own AS MATERIALIZED (
    SELECT r.oid, r.name, t.name AS parent FROM relations r
    JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.deptype IN ('a', 'i')
        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN relations t ON t.oid = d.refobjid WHERE r.relkind = 'S'
),
guarded AS MATERIALIZED (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('auth', 'storage', 'realtime') AND c.relkind IN ('r', 'p')
    UNION ALL SELECT oid, name FROM relations WHERE relkind IN ('r', 'p', 'v')
)
SELECT found.* FROM setting, LATERAL (
SELECT * FROM (
    SELECT 'schema' AS kind, '' AS parent, format('%I', name) AS name,
        format('CREATE SCHEMA %I', name) AS definition FROM schemas WHERE name <> 'public'
    UNION ALL
    SELECT 'extension', '', format('%I', extname),
        format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', extname, n.nspname)
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE NOT extname = ANY ({platform_extensions})
    UNION ALL
    SELECT 'type', '', format('%I.%I', s.name, typname), CASE typtype
        WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', s.name, typname,
            (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
            FROM pg_catalog.pg_enum WHERE enumtypid = t.oid))
        WHEN 'd' THEN format('CREATE DOMAIN %I.%I AS %s%s%s%s', s.name, typname,
            format_type(typbasetype, typtypmod), ' DEFAULT ' || typdefault,
            CASE WHEN typnotnull THEN ' NOT NULL' END,
            (SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(c.oid)),
            '' ORDER BY conname) FROM pg_catalog.pg_constraint c
            WHERE contypid = t.oid AND contype <> 'n'))
        ELSE format('CREATE TYPE %I.%I AS (%s)', s.name, typname,
            (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', '
            ORDER BY attnum) FROM pg_catalog.pg_attribute
            WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)) END
    FROM pg_catalog.pg_type t JOIN schemas s ON s.oid = t.typnamespace
    WHERE (typtype IN ('e', 'd') OR typtype = 'c' AND EXISTS (
        SELECT FROM pg_catalog.pg_class WHERE oid = typrelid AND relkind = 'c'))
    AND ('pg_catalog.pg_type'::pg_catalog.regclass::oid, t.oid) NOT IN (TABLE brought)
    UNION ALL
    SELECT 'sequence', '', r.name, format('CREATE SEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s '
        'MAXVALUE %s START WITH %s%s', r.name, format_type(seqtypid, NULL), seqincrement, seqmin,
        seqmax, seqstart, CASE WHEN seqcycle THEN ' CYCLE' END)
    FROM relations r JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
    WHERE r.oid NOT IN (SELECT oid FROM columns_own)
    UNION ALL
    SELECT 'sequence', parent, name, 'the column''s own' FROM columns_own
    UNION ALL
    SELECT 'table', '', name, concat_ws(' ',
        CASE relkind WHEN 'f' THEN 'foreign' ELSE '' END
        || CASE relpersistence WHEN 'u' THEN 'unlogged' ELSE '' END || 'table',
        'partition by ' || CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END,
        (SELECT string_agg(CASE WHEN relispartition THEN 'partition of ' ELSE 'inherits ' END
            || inhparent::pg_catalog.regclass::text, ', ' ORDER BY inhseqno)
            FROM pg_catalog.pg_inherits WHERE inhrelid = relations.oid),
        pg_get_expr(relpartbound, oid))
    FROM relations WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    (SELECT 'column', r.name, format('%I', attname), concat_ws(' ',
        format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> 0 AND attcollation <> typcollation
            THEN 'COLLATE ' || attcollation::pg_catalog.regcollation::text END,
        CASE WHEN attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
            WHEN attidentity = 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY'
            WHEN attgenerated <> '' THEN format('GENERATED ALWAYS AS (%s) %s',
                pg_get_expr(adbin, adrelid),
                CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
            ELSE 'DEFAULT ' || pg_get_expr(adbin, adrelid) END,
        CASE WHEN attnotnull THEN 'NOT NULL' END)
    FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT attisdropped
    ORDER BY attrelid, attnum)
    UNION ALL
    SELECT 'row security', name, '', concat_ws('; ',
        format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name),
        CASE WHEN relforcerowsecurity THEN
            format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name) END)
    FROM relations WHERE relrowsecurity
    UNION ALL
    SELECT 'constraint', r.name, format('%I', conname),
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.name, conname, pg_get_constraintdef(c.oid))
    FROM relations r JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid
    WHERE contype NOT IN ('n', 't') AND conparentid = 0
    UNION ALL
    SELECT 'index', t.name, format('%I', r.relname), pg_get_indexdef(i.indexrelid)
        || CASE WHEN indisvalid THEN '' ELSE ' -- INVALID' END
    FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indexrelid
    JOIN relations t ON t.oid = i.indrelid
    WHERE NOT r.relispartition AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint WHERE conindid = i.indexrelid
        AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT 'view', '', name, format('CREATE %s %s%s AS %s',
        CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'OR REPLACE VIEW' END, name,
        ' WITH (' || array_to_string(reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(oid), '; '))
    FROM relations WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT 'function', '', name, CASE WHEN prokind = 'a' THEN 'aggregate'
        ELSE rtrim(pg_get_functiondef(oid), E' \n') END FROM routines
    UNION ALL
    SELECT 'trigger', g.name, format('%I', tgname), pg_get_triggerdef(t.oid)
        || CASE tgenabled WHEN 'O' THEN '' ELSE ' -- enabled: ' || tgenabled::text END
    FROM pg_catalog.pg_trigger t JOIN guarded g ON g.oid = t.tgrelid
    WHERE NOT tgisinternal AND tgparentid = 0
    AND (t.tgrelid IN (SELECT oid FROM relations) OR tgfoid IN (SELECT oid FROM routines))
    UNION ALL
    SELECT 'policy', g.name, format('%I', polname),
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, g.name,
            CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE
                quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY pg_get_userbyid(role))
            FROM unnest(polroles) AS role))
        || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
        || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '')
    FROM pg_catalog.pg_policy p JOIN guarded g ON g.oid = p.polrelid
    UNION ALL
    SELECT 'grant', object, grantee, format('GRANT %s ON %s TO %s',
        string_agg(privilege, ', ' ORDER BY privilege), object, grantee)
    FROM (
        SELECT object, CASE a.grantee WHEN 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
            a.privilege_type || part || CASE WHEN is_grantable THEN ' (with grant option)'
            ELSE '' END AS privilege
        FROM (
            SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || name AS object,
                '' AS part, relowner AS owner, coalesce(relacl, acldefault(
                CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
                FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            UNION ALL SELECT 'TABLE ' || r.name, format(' (%I)', attname), relowner, attacl
                FROM relations r JOIN pg_catalog.pg_attribute ON attrelid = r.oid
                WHERE attacl IS NOT NULL AND NOT attisdropped
            UNION ALL SELECT 'FUNCTION ' || name, '', proowner,
                coalesce(proacl, acldefault('f', proowner)) FROM routines
            UNION ALL SELECT format('SCHEMA %I', name), '', nspowner,
                coalesce(nspacl, acldefault('n', nspowner)) FROM schemas WHERE name <> 'public'
        ) AS held, aclexplode(acl) AS a WHERE a.grantee <> owner
    ) AS each GROUP BY object, grantee
    UNION ALL
    SELECT 'publication', format('%I', pubname), format('%I.%I', schemaname, tablename),
        format('ALTER PUBLICATION %I ADD TABLE %I.%I', pubname, schemaname, tablename)
    FROM pg_catalog.pg_publication_tables JOIN pg_catalog.pg_publication USING (pubname)
    WHERE NOT puballtables AND schemaname IN (SELECT schemas.name FROM schemas)
    UNION ALL
    SELECT 'comment', i.type, i.identity, format('COMMENT ON %s %s IS %L', CASE i.type
        WHEN 'table column' THEN 'COLUMN' WHEN 'view column' THEN 'COLUMN'
        WHEN 'table constraint' THEN 'CONSTRAINT' WHEN 'composite type' THEN 'TYPE'
        ELSE upper(i.type) END, i.identity, description)
    FROM pg_catalog.pg_description d, pg_catalog.pg_identify_object(classoid, objoid, objsubid) i
    WHERE (objoid IN (SELECT oid FROM relations)
        AND classoid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    OR (objoid IN (SELECT oid FROM routines)
        AND classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
    OR (objoid IN (SELECT oid FROM pg_catalog.pg_constraint
        WHERE conrelid IN (SELECT oid FROM relations))
        AND classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)
    OR (objoid IN (SELECT oid FROM pg_catalog.pg_policy
        WHERE polrelid IN (SELECT oid FROM guarded))
        AND classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass)
    OR (objoid IN (SELECT oid FROM pg_catalog.pg_trigger
        WHERE tgrelid IN (SELECT oid FROM relations))
        AND classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass)
    OR (objoid IN (SELECT t.oid FROM pg_catalog.pg_type t JOIN schemas s ON s.oid = t.typnamespace
        WHERE typtype IN ('e', 'd')) AND classoid = 'pg_catalog.pg_type'::pg_catalog.regclass)
) AS everything WHERE setting.done = '' OFFSET 0
) AS found"""


@dataclass(frozen=True)
class Object:
    """One thing that a migration can make. `parent`: its table, or empty; `name` is unique there.

    `definition`: a whole statement, but for tables (`table partition by ...`) and columns (type,
    default, NOT NULL).
    """

    kind: str
    parent: str
    name: str
    definition: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, whatever it looks like."""
        return self.kind, self.parent, self.name


async def read(database: ReadOnlyDatabase) -> list[Object]:
    """Every object of the user's own, in one round trip; raises `DatabaseRefused`."""
    with translated(f"cannot read the catalogue of {database.where}"):
        return _objects(await database.query(_text(())))


async def read_inside(connection: Connection, schemas: Sequence[str]) -> list[Object]:
    """The objects of some schemas, in the transaction of a caller who has begun one."""
    cursor = await connection.execute(_text(schemas).encode())
    return _objects(await cursor.fetchall())


def _objects(rows: Iterable[Row]) -> list[Object]:
    return sorted((Object(**row) for row in rows), key=_order)


def _text(schemas: Sequence[str]) -> str:
    values = {
        "{foreign_schemas}": _array((*PLATFORM, *(() if schemas else LEDGERS))),
        "{platform_extensions}": _array(PLATFORM_EXTENSIONS),
        "{schemas}": _array(schemas),
        "{all_schemas}": "false" if schemas else "true",
    }
    text = _QUERY
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _order(item: Object) -> tuple[str, str, str]:
    """By kind, table and name; columns stay in the order of their table."""
    return item.kind, item.parent, "" if item.kind == "column" else item.name


def _array(names: Sequence[str]) -> str:
    return sql.Literal(list(names)).as_string(None) + "::text[]"
