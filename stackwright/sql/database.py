"""Connections: `ReadOnlyDatabase` for previews and checks, `Database` for runs that write.

What must not write takes a `ReadOnlyDatabase`: every query of it is one statement, sent through
the extended protocol (which refuses a second one) inside `BEGIN READ ONLY`, and rolled back.
PostgreSQL: documentation of BEGIN, section 54.2 "Message Flow".
"""

import contextlib
import getpass
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from stackwright.configuration import WITHOUT_CONNECTION
from stackwright.sql.advice import advice
from stackwright.sql.errors import (
    BadSql,
    CannotConnect,
    DatabaseRefused,
    Position,
    UnsuitableConnection,
)
from stackwright.sql.statements import split

TRANSACTION_POOLER_PORT = "6543"
CONNECT_TIMEOUT = 15
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SPELLING = (
    "SET LOCAL row_security = off",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
)

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]


class Readable(Protocol):
    """What answers questions: a connection, or the Management API's query endpoint.

    An answer of the latter went through JSON: ask for texts, whole numbers and booleans.
    """

    @property
    def where(self) -> str:
        """Which database, for messages; never a password."""

    async def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of one statement that only reads."""


class ReadOnlyDatabase:
    """A connection that can only read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def server_version(self) -> int:
        """The server's version as PostgreSQL counts it: 170004 is 17.4."""
        return self._connection.info.server_version

    @property
    def where(self) -> str:
        """Host, port and database, for messages; never a password."""
        return where(self._connection.info.dsn)

    @property
    def is_closed(self) -> bool:
        """Whether the session is gone."""
        return self._connection.closed

    async def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of one statement, in one round trip; server errors pass as `psycopg.Error`."""
        _refuse_many(sql)
        try:
            return await self._read(sql, params)
        except psycopg.Error:
            await self._connection.rollback()
            raise

    async def _read(self, sql: str, params: Mapping[str, Any] | None) -> list[Row]:
        async with self._connection.pipeline():
            await self._connection.execute("BEGIN READ ONLY")
            cursor = await self._connection.execute(sql.encode(), params)
            await self._connection.execute("ROLLBACK")
        return await cursor.fetchall() if cursor.description else []

    async def copy(self, sql: str) -> bytes:
        """What a `COPY ... TO STDOUT` gives: one moment of the database, spelled the same
        everywhere, and an error instead of rows that a policy would hide."""
        _refuse_many(sql)
        try:
            for statement in (_SNAPSHOT, *_SPELLING):
                await self._connection.execute(statement)
            async with self._connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
                return b"".join([bytes(block) async for block in copy])
        finally:
            if not self._connection.closed:
                await self._connection.rollback()

    async def close(self) -> None:
        """End the session."""
        await self._connection.close()


class Database(ReadOnlyDatabase):
    """A connection that may write; `connection` is psycopg's own, in autocommit."""

    @property
    def connection(self) -> Connection:
        """The session in which migrations run."""
        return self._connection


@asynccontextmanager
async def reading(dsn: str) -> AsyncIterator[ReadOnlyDatabase]:
    """A read-only database for the length of a block; raises `CannotConnect`."""
    database = ReadOnlyDatabase(await _open(dsn))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def writing(dsn: str) -> AsyncIterator[Database]:
    """A database for the length of a block; raises `CannotConnect`, `UnsuitableConnection`."""
    _refuse_transaction_pooler(dsn)
    database = Database(await _open(dsn))
    try:
        yield database
    finally:
        await database.close()


@contextlib.contextmanager
def advised() -> Iterator[None]:
    """Name the way that migrations have where a project's database cannot be connected to."""
    try:
        yield
    except CannotConnect as error:
        raise CannotConnect(f"{error}; {WITHOUT_CONNECTION}") from None


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what the server says of our own statements into one sentence for the user."""
    try:
        yield
    except psycopg.Error as error:
        said = error.diag.message_primary or " ".join(str(error).split())
        wise = f"; {clause}" if (clause := advice(error.sqlstate or "")) else ""
        raise DatabaseRefused(f"{what}: {said}{wise}") from None


class RunnerName:
    """Who runs, as `user@host`; shown in `pg_stat_activity` and kept in the ledger."""

    def __init__(self, user: str, host: str) -> None:
        self.user, self.host = user, host

    @classmethod
    def here(cls) -> Self:
        """This process's user and machine; in CI the workflow's actor, if it is known."""
        user = os.environ.get("GITHUB_ACTOR") or _login()
        return cls(user, socket.gethostname())

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


def where(dsn: str) -> str:
    """Host, port and database of a connection string, for messages."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "the database"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


def _refuse_transaction_pooler(dsn: str) -> None:
    """Locks and timeouts would not hold for a session there."""
    with contextlib.suppress(psycopg.ProgrammingError):
        if conninfo_to_dict(dsn).get("port") == TRANSACTION_POOLER_PORT:
            raise UnsuitableConnection(
                f"{where(dsn)} is a pooler in transaction mode: session locks and timeouts do "
                "not hold there; use the direct connection or the session pooler (port 5432)"
            )


async def _open(dsn: str) -> Connection:
    try:
        complete = _completed(dsn)
    except psycopg.ProgrammingError:
        raise CannotConnect(
            "the database address is not a connection string: "
            "write postgresql://user:password@host:port/database"
        ) from None
    try:
        return await psycopg.AsyncConnection.connect(
            complete, autocommit=True, prepare_threshold=None, row_factory=dict_row
        )
    except psycopg.OperationalError as error:
        raise CannotConnect(_refusal(complete, error)) from None


def _completed(dsn: str) -> str:
    given = conninfo_to_dict(dsn)
    defaults = {
        "application_name": f"stackwright {RunnerName.here()}",
        "connect_timeout": str(CONNECT_TIMEOUT),
    }
    missing = {key: defaults[key] for key in defaults if key not in given}
    # Whatever PGCLIENTENCODING or the database says: files and ledger are UTF-8.
    return make_conninfo(dsn, **missing, client_encoding="utf8")


def _refusal(dsn: str, error: psycopg.OperationalError) -> str:
    said = _scrubbed(" ".join(str(error).split()), dsn)
    user = conninfo_to_dict(dsn).get("user", "")
    advice = (
        "check the user and the password (SUPABASE_DB_PASSWORD)"
        if "authentication" in said or "password" in said
        else "check the address, and that the database is up (in the sandbox: "
        "stackwright sandbox status)"
    )
    return f"cannot connect to {where(dsn)} as {user}: {said}; {advice}"


def _scrubbed(message: str, dsn: str) -> str:
    password = conninfo_to_dict(dsn).get("password")
    return message.replace(str(password), "[password]") if password else message


def _refuse_many(sql: str) -> None:
    statements = split(sql)
    if len(statements) != 1:
        raise BadSql(f"one statement is expected, not {len(statements)}", Position(1, 1))


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
