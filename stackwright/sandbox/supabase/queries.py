"""Runs SQL for the query operation: as `postgres`, or as the read-only user; rows become JSON.

https://supabase.com/docs/reference/api/v1-run-a-query
"""

import math
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from stackwright.sandbox.supabase import databases
from stackwright.sandbox.supabase.errors import ApiError, InvalidError
from stackwright.sandbox.world import World

LONGEST_SECONDS = 50
_AS_TEXT = (
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "timetz",
    "interval",
    "numeric",
    "uuid",
    "bytea",
    "inet",
    "cidr",
)


async def run(
    world: World,
    project: dict[str, Any],
    query: str,
    parameters: list[Any] | None = None,
    *,
    read_only: bool = False,
) -> list[dict[str, Any]]:
    """Return the last rows that a statement answered; raises ApiError with SQL's own words."""
    role = "supabase_read_only_user" if read_only else "postgres"
    dsn = databases.server(world, project).dsn(role)
    try:
        return await _ask(dsn, query, parameters)
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise ApiError(500, "Failed to run sql query: connection refused") from None
        raise InvalidError(_words(error, query)) from None
    except psycopg.Error as error:
        raise InvalidError(_words(error, query)) from None


async def _ask(dsn: str, query: str, parameters: list[Any] | None) -> list[dict[str, Any]]:
    connection = await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, cursor_factory=psycopg.AsyncRawCursor, row_factory=dict_row
    )
    async with connection:
        for name in _AS_TEXT:
            connection.adapters.register_loader(name, TextLoader)
        await connection.execute(f"set statement_timeout = '{LONGEST_SECONDS}s'".encode())
        cursor = connection.cursor()
        await cursor.execute(query.encode(), parameters or None)
        rows: list[dict[str, Any]] = []
        while True:
            if cursor.description is not None:
                rows = [_json(row) for row in await cursor.fetchall()] or rows
            if not cursor.nextset():
                return rows


def _json(value: Any) -> Any:
    """The value as JSON can hold it: what is no finite number is null, as in JavaScript."""
    if isinstance(value, dict):
        return {name: _json(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def _words(error: psycopg.Error, query: str) -> str:
    """As the vendor's postgres-meta puts a refusal of the server into one text."""
    said = error.diag
    severity = said.severity_nonlocalized or "ERROR"
    lines = [f"{severity}:  {error.sqlstate}: {said.message_primary or error}"]
    lines += _pointed(query, int(said.statement_position)) if said.statement_position else []
    lines += [f"DETAIL:  {said.message_detail}"] if said.message_detail else []
    lines += [f"HINT:  {said.message_hint}"] if said.message_hint else []
    lines += [f"QUERY:  {said.internal_query}"] if said.internal_query else []
    lines += [f"CONTEXT:  {said.context}"] if said.context else []
    return "".join(f"{line}\n" for line in [f"Failed to run sql query: {lines[0]}", *lines[1:]])


def _pointed(query: str, position: int) -> list[str]:
    """The line of a character (from 1), and a caret below it."""
    before = query[: position - 1]
    start = before.rfind("\n") + 1
    label = f"LINE {before.count(chr(10)) + 1}: "
    return [label + query[start:].partition("\n")[0], " " * (len(label + before) - start) + "^"]
