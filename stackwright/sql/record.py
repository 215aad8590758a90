"""The SQL that writes the ledger's rows: both of them, in the transaction of their migration."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from psycopg.abc import AdaptContext

from stackwright.sql.migration import Migration


@dataclass(frozen=True)
class Runner:
    """Who applies what: `name` as `user@host`, the commit, and the collection of the files."""

    name: str
    git_sha: str | None = None
    collection: str = ""


# transaction_timestamp() is the beginning of the file's own transaction.
_OURS = """
INSERT INTO stackwright.migrations AS m
    (version, name, checksum, collection, git_sha, applied_by, started_at, finished_at,
     duration_ms, done_statements)
VALUES ({version}, {name}, {checksum}, {collection}, {git_sha}, {runner},
    transaction_timestamp(), clock_timestamp(), {duration}, {count})
ON CONFLICT (version) DO UPDATE SET
    name = excluded.name, checksum = excluded.checksum, collection = excluded.collection,
    git_sha = excluded.git_sha, applied_by = excluded.applied_by,
    finished_at = excluded.finished_at, done_statements = excluded.done_statements,
    duration_ms = coalesce(excluded.duration_ms,
        (extract(epoch FROM clock_timestamp() - m.started_at) * 1000)::integer),
    error = NULL"""
_SHARED = """
INSERT INTO supabase_migrations.schema_migrations (version, statements, name)
VALUES ({version}, {statements}::text[], {name})"""
_FORGET = (
    "DELETE FROM supabase_migrations.schema_migrations WHERE version = {version}",
    "DELETE FROM stackwright.migrations WHERE version = {version}",
)
_MEASURED = "(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::integer"


def recorded(
    migration: Migration, runner: Runner, context: AdaptContext, *, measured: bool = True
) -> list[str]:
    """The two INSERTs of an applied migration; `measured`: it ran in this transaction."""
    values = {
        "version": migration.version,
        "name": migration.name,
        "checksum": migration.checksum,
        "collection": runner.collection,
        "git_sha": runner.git_sha,
        "runner": runner.name,
        "count": len(migration.statements),
        "statements": [statement.text for statement in migration.statements],
    }
    connection = context.connection
    literals = {name: sql.Literal(values[name]).as_string(connection) for name in values}
    literals["duration"] = _MEASURED if measured else "NULL"
    # Plain `format`, because composing with `sql.SQL` takes longer than the rest of a small file.
    return [text.format(**literals) for text in (_OURS, _SHARED)]


def forgotten(version: str, context: AdaptContext) -> list[str]:
    """The two DELETEs of a migration that was undone: the shared row, then ours."""
    value = sql.Literal(version)
    return [sql.SQL(text).format(version=value).as_string(context.connection) for text in _FORGET]


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out around `folder`; none outside of git."""
    argv = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
