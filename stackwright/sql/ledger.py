"""The ledger: which migrations a database has, and how they came there.

Two tables. `supabase_migrations.schema_migrations (version, statements, name)` is the Supabase
CLI's, made as the CLI makes it, so that both tools see one history and can take turns.
`stackwright.migrations` beside it keeps what the CLI does not: checksum, git commit, duration,
who, when, and how far a file without a transaction got (`finished_at` is null until its end).

`read` needs one round trip and works where neither table exists.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from xml.etree import ElementTree as ET

from stackwright.sql.database import Database, Readable, ReadOnlyDatabase, translated

CREATE = """
CREATE SCHEMA IF NOT EXISTS supabase_migrations;
CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations
    (version text NOT NULL PRIMARY KEY);
ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
CREATE SCHEMA IF NOT EXISTS stackwright;
CREATE TABLE IF NOT EXISTS stackwright.migrations (
    version text PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    collection text NOT NULL DEFAULT '',
    git_sha text,
    applied_by text,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    duration_ms integer,
    done_statements integer NOT NULL DEFAULT 0,
    tried_statement integer NOT NULL DEFAULT 0,
    done_checksum text,
    error text
);
"""

# A table or column that may not exist can only be named inside a text that is run when it does:
# query_to_xml does that in a plain SELECT. The XML holds one JSON text and is never shown.
# Rows without our detail (another tool applied them) get a fingerprint of their statements.
_READ = r"""
WITH there AS (
    SELECT to_regclass('supabase_migrations.schema_migrations') AS shared,
        to_regclass('stackwright.migrations') AS ours
), has AS (
    SELECT coalesce(bool_or(attname = 'name'), false) AS name,
        coalesce(bool_or(attname = 'statements'), false) AS statements
    FROM pg_attribute JOIN there ON attrelid = shared WHERE NOT attisdropped
)
SELECT
    CASE WHEN shared IS NOT NULL THEN query_to_xml(format(
        $q$SELECT json_agg(json_build_object(
            'version', version, 'name', %s, 'fingerprint', %s)) AS rows
        FROM supabase_migrations.schema_migrations s$q$,
        CASE WHEN has.name THEN 'name' ELSE 'NULL' END,
        CASE WHEN NOT has.statements THEN 'NULL' ELSE format(
            $q$CASE WHEN %s THEN md5(nullif(regexp_replace(
                array_to_string(statements, ''), '[ \t\n\r\f\v;]', '', 'g'), '')) END$q$,
            CASE WHEN ours IS NULL THEN 'true' ELSE
            'NOT EXISTS (SELECT FROM stackwright.migrations m WHERE m.version = s.version)' END)
        END), false, true, '')::text END AS applied,
    CASE WHEN ours IS NOT NULL THEN query_to_xml(
        'SELECT json_agg(m) AS rows FROM stackwright.migrations m', false, true, '')::text
    END AS details,
    EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
    ) AS has_tables,
    extract(epoch FROM now())::float8 AS now
FROM there, has
"""

NO_TIME = datetime.min.replace(tzinfo=UTC)
"""The time of a ledger that no server was asked for: nothing is due then."""


@dataclass(frozen=True)
class Detail:
    """What our own table knows of one migration."""

    version: str
    checksum: str
    name: str = ""
    collection: str = ""
    git_sha: str | None = None
    applied_by: str | None = None
    finished_at: str | None = None
    duration_ms: int | None = None
    done_statements: int = 0
    tried_statement: int = 0
    done_checksum: str | None = None
    error: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Of a row as JSON; columns of a newer version are ignored."""
        return cls(**{key: row[key] for key in row if key in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Ledger:
    """What a database says of its history.

    `applied`: version -> name (may be empty) of the shared ledger; `details`: version -> our
    row; `exists`: whether the shared ledger is there; `has_tables`: whether `public` holds
    any table; `fingerprints`: version -> fingerprint of what another tool applied; `now`: the
    server's time.
    """

    applied: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    exists: bool = False
    has_tables: bool = False
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    now: datetime = field(default=NO_TIME, compare=False)

    @property
    def begun(self) -> dict[str, Detail]:
        """The files that stopped halfway, by version."""
        return {v: detail for v, detail in self.details.items() if detail.finished_at is None}


async def read(database: Readable) -> Ledger:
    """The ledger as it stands, in one round trip and without writing anything."""
    with translated(f"cannot read the ledger of {database.where}"):
        [row] = await database.query(_READ)
    shared = _rows(row["applied"])
    applied = {item["version"]: item["name"] or "" for item in shared}
    prints = {item["version"]: item["fingerprint"] for item in shared if item["fingerprint"]}
    details = {item["version"]: Detail.of(item) for item in _rows(row["details"])}
    exists = row["applied"] is not None
    return Ledger(applied, details, exists, row["has_tables"], prints, _time(row["now"]))


async def ensure(database: Database) -> None:
    """Create what is missing of both tables."""
    with translated(f"cannot make the ledger in {database.where}"):
        async with database.connection.transaction():
            await database.connection.execute(CREATE)


async def recorded_statements(database: ReadOnlyDatabase, version: str) -> list[str]:
    """The statements that the shared ledger keeps of one migration (none when it kept none)."""
    rows = await database.query(
        "SELECT statements FROM supabase_migrations.schema_migrations WHERE version = %(version)s",
        {"version": version},
    )
    return list(rows[0]["statements"] or []) if rows else []


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _rows(xml: str | None) -> list[dict[str, Any]]:
    if xml is None:
        return []
    # The document comes from our own query on our own connection, not from a third party.
    found = ET.fromstring(xml).find(".//{*}rows")  # noqa: S314
    return json.loads(found.text) if found is not None and found.text else []
