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
from typing import Any, Self
from xml.etree import ElementTree as ET

from stackwright.sql.database import Database, ReadOnlyDatabase

_CREATE = """
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

# A table that may not exist can only be named inside a text that is run when it does:
# query_to_xml does that in a plain SELECT. The XML holds one JSON text and is never shown.
_READ = """
SELECT
    CASE WHEN to_regclass('supabase_migrations.schema_migrations') IS NULL THEN NULL
    ELSE query_to_xml(
        'SELECT json_agg(json_build_object(''version'', version, ''name'', '
        || CASE WHEN EXISTS (
               SELECT FROM pg_attribute WHERE attname = 'name' AND NOT attisdropped
               AND attrelid = to_regclass('supabase_migrations.schema_migrations')
           ) THEN 'name' ELSE 'null' END
        || ')) AS rows FROM supabase_migrations.schema_migrations', false, true, '')::text
    END AS applied,
    CASE WHEN to_regclass('stackwright.migrations') IS NULL THEN NULL
    ELSE query_to_xml(
        'SELECT json_agg(m) AS rows FROM stackwright.migrations m', false, true, '')::text
    END AS details,
    EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
    ) AS has_tables
"""


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
    any table.
    """

    applied: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    exists: bool = False
    has_tables: bool = False


async def read(database: ReadOnlyDatabase) -> Ledger:
    """The ledger as it stands, in one round trip and without writing anything."""
    [row] = await database.query(_READ)
    applied = {item["version"]: item["name"] or "" for item in _rows(row["applied"])}
    details = {item["version"]: Detail.of(item) for item in _rows(row["details"])}
    return Ledger(applied, details, row["applied"] is not None, row["has_tables"])


async def ensure(database: Database) -> None:
    """Create what is missing of both tables."""
    async with database.connection.transaction():
        await database.connection.execute(_CREATE)


async def recorded_statements(database: ReadOnlyDatabase, version: str) -> list[str]:
    """The statements that the shared ledger keeps of one migration (none when it kept none)."""
    rows = await database.query(
        "SELECT statements FROM supabase_migrations.schema_migrations WHERE version = %(version)s",
        {"version": version},
    )
    return list(rows[0]["statements"] or []) if rows else []


def _rows(xml: str | None) -> list[dict[str, Any]]:
    if xml is None:
        return []
    # The document comes from our own query on our own connection, not from a third party.
    found = ET.fromstring(xml).find(".//{*}rows")  # noqa: S314
    return json.loads(found.text) if found is not None and found.text else []
