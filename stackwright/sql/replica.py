"""A throw-away database that has the target's present schema, on an embedded server.

The server is made from a template (about half a second), listens on loopback, and is removed at
the end; one left by a killed run is removed by the next. The target is only read: `pg_dump` of
the schemas that the user's own role owns, in a read-only session. What the platform owns (`auth`,
`storage`, ...) comes from the Supabase-shaped template instead, with the triggers that the user
put on its tables. What cannot be rebuilt, mostly because an extension is missing here, is listed.
"""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stackwright import toolchain
from stackwright.errors import StackwrightError, scrub
from stackwright.postgres.server import SUPERUSER, Postgres, PostgresError, free_port
from stackwright.sql.database import ReadOnlyDatabase, Row
from stackwright.sql.errors import ShadowUnavailable
from stackwright.sql.statements import Statement, split

TOGETHER = 50
"""So many statements of the dump go as one message; one by one only where one is refused."""

# duplicate schema, function, object, table: the template brings it already
_THERE_ALREADY = {"42P06", "42723", "42710", "42P07"}

# A dump has grants as differences to PostgreSQL's own defaults, and ends with the target's rules
# for new objects. Until then the template's must not open what is made again.
_SET_ASIDE = [
    f"ALTER DEFAULT PRIVILEGES FOR ROLE postgres, {SUPERUSER} IN SCHEMA public "
    f"REVOKE ALL ON {kind} FROM postgres, anon, authenticated, service_role"
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS")
]

_PLATFORM_SCHEMAS = """
SELECT nspname AS name FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')
AND pg_get_userbyid(nspowner) <> current_user
AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'supabase_admin')
ORDER BY 1"""
_ROLE = """
SELECT rolname AS name, rolsuper AS super, rolcreaterole AS creates FROM pg_roles
WHERE rolname = current_user"""
_ROLES = "SELECT rolname AS name FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1"
# `cron.schedule(text,text)` is `schedule`, the schema `cron` is `cron`.
_BROUGHT = r"""
SELECT DISTINCT (regexp_match(what.identity, '(\w+)"?(\(.*)?$'))[1] AS name
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid,
    pg_identify_object(d.classid, d.objid, d.objsubid) what
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
AND e.extname = ANY (%(extensions)s)
AND what.type IN ('schema', 'table', 'view', 'sequence', 'type', 'function', 'procedure',
    'aggregate', 'foreign table', 'foreign-data wrapper', 'language')"""
_FOREIGN_TRIGGERS = """
SELECT pg_get_triggerdef(t.oid) AS definition
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND n.nspname = ANY (%(schemas)s)
AND NOT p.pronamespace::regnamespace::text = ANY (%(schemas)s)
ORDER BY t.oid"""


@dataclass(frozen=True)
class Replica:
    """The throw-away database: its address, its server's major, what it lacks of the target.

    `extensions`: missing extensions by name; `lacking`: what else could not be rebuilt, each
    with the server's reason; `names`: words by which a statement may mean any of that.
    """

    dsn: str
    major: int
    extensions: Sequence[str] = ()
    lacking: Sequence[str] = field(default=())
    names: frozenset[str] = frozenset()


@asynccontextmanager
async def replica(
    folder: Path, target: ReadOnlyDatabase | None, target_dsn: str | None
) -> AsyncIterator[Replica]:
    """A replica of the target (an empty Supabase-shaped database without one) for a block.

    `folder` keeps the server's files for that time. Raises `ShadowUnavailable`.
    """
    await asyncio.to_thread(_sweep, folder)
    wanted = target.server_version // 10000 if target else None
    server = _server(folder / f"run-{os.getpid()}-{os.urandom(3).hex()}", wanted)
    starting = asyncio.create_task(asyncio.to_thread(_start, server))
    try:
        if target is None or target_dsn is None:
            await starting
            yield Replica(server.dsn(), server.major)
        else:
            yield await _rebuilt(server, starting, target, target_dsn)
    finally:
        await asyncio.to_thread(_remove, server)


def server_key(target_major: int | None) -> str:
    """What of our own side decides the result: the server's programs and the template."""
    folder = _bin(target_major)
    return f"{folder.parent.name}-{toolchain.postgres_major(folder)}"


def _bin(major: int | None) -> Path:
    """The programs of the target's major where they are here, else of our default."""
    with contextlib.suppress(toolchain.ToolMissing):
        return toolchain.postgres_bin(major)
    try:
        return toolchain.postgres_bin()
    except toolchain.ToolMissing as error:
        raise ShadowUnavailable(f"the pending files were not tried: {error}") from None


def _server(folder: Path, major: int | None) -> Postgres:
    return Postgres(
        folder / "data", free_port(), password=os.urandom(12).hex(), bin_dir=_bin(major)
    )


def _start(server: Postgres) -> None:
    try:
        server.start()
    except PostgresError as error:
        raise ShadowUnavailable(f"the pending files were not tried: {error}") from None


def _remove(server: Postgres) -> None:
    server.remove()
    shutil.rmtree(server.data_dir.parent, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Stop and remove the servers of runs that are gone."""
    for left in folder.glob("run-*"):
        pid = int(left.name.split("-")[1])
        if not _alive(pid):
            _remove(Postgres(left / "data", 0, password="", bin_dir=left))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _rebuilt(
    server: Postgres, starting: asyncio.Task[None], target: ReadOnlyDatabase, dsn: str
) -> Replica:
    try:
        roles, statements = await _schema(target, dsn)
    finally:
        await starting  # a thread cannot be stopped, and may not outlive the server's folder
    [role] = await target.query(_ROLE)
    copy = await asyncio.to_thread(_restore, server, roles, statements)
    names = await _names(target, copy)
    return replace(copy, dsn=await asyncio.to_thread(_let_in, server, role), names=names)


async def _names(target: ReadOnlyDatabase, copy: Replica) -> frozenset[str]:
    """What the missing extensions brought to the target, and the words of what is lacking."""
    brought = await target.query(_BROUGHT, {"extensions": list(copy.extensions)})
    words = (word for item in copy.lacking for word in re.findall(r"\w+", item))
    return frozenset([*copy.extensions, *(row["name"] for row in brought), *words])


async def _schema(target: ReadOnlyDatabase, dsn: str) -> tuple[list[str], list[Statement]]:
    """The target's roles, and the statements that make its schema."""
    schemas = [row["name"] for row in await target.query(_PLATFORM_SCHEMAS)]
    roles = [row["name"] for row in await target.query(_ROLES)]
    triggers = await target.query(_FOREIGN_TRIGGERS, {"schemas": schemas})
    dump = await asyncio.to_thread(_dump, dsn, target.server_version // 10000, schemas)
    # The server writes definitions as its session's search path sees them; the dump emptied ours.
    [path] = await target.query("SELECT current_setting('search_path') AS path")
    rest = [f"SET search_path = {path['path']}", *(row["definition"] for row in triggers)]
    statements = split(dump) + [statement for text in rest for statement in split(text)]
    return roles, statements


def _let_in(server: Postgres, role: Row) -> str:
    """The address for the role that will run the files at the target, with the same powers."""
    name, password = role["name"], server.password
    powers = sql.SQL("SUPERUSER" if role["super"] else "NOSUPERUSER")
    creates = sql.SQL("CREATEROLE" if role["creates"] else "NOCREATEROLE")
    if name != SUPERUSER:
        with psycopg.connect(server.admin_dsn(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN {} {} PASSWORD {}").format(
                    sql.Identifier(name), powers, creates, sql.Literal(password)
                )
            )
            connection.execute(
                sql.SQL("GRANT CREATE ON DATABASE postgres TO {}").format(sql.Identifier(name))
            )
        return server.dsn(name, password=password)
    return server.admin_dsn()


def _dump(dsn: str, major: int, without: Sequence[str]) -> str:
    """The target's schema as SQL; the password travels in the environment only."""
    try:
        program = toolchain.postgres_client_bin(major) / "pg_dump"
    except toolchain.ToolMissing as error:
        raise ShadowUnavailable(f"the pending files were not tried: {error}") from None
    parts = conninfo_to_dict(dsn)
    password = str(parts.pop("password", None) or "")
    excluded = [f"--exclude-schema={_pattern(name)}" for name in without]
    argv = [
        str(program), "--schema-only", "--lock-wait-timeout=10000", *excluded,
        f"--dbname={make_conninfo(**{key: str(value) for key, value in parts.items()})}",
    ]  # fmt: skip
    environment = os.environ | {
        "PGPASSWORD": password,
        "PGOPTIONS": "-c default_transaction_read_only=on",
    }
    done = subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = scrub(" ".join(done.stderr.split()), [password])[:500]
        raise ShadowUnavailable(f"the pending files were not tried: pg_dump failed: {said}")
    # \restrict and \unrestrict speak to psql.
    lines = (line for line in done.stdout.splitlines() if not line.startswith("\\"))
    return "\n".join(lines)


def _pattern(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _restore(server: Postgres, roles: Sequence[str], statements: Sequence[Statement]) -> Replica:
    extensions: list[str] = []
    lacking: list[str] = []
    with psycopg.connect(server.admin_dsn(), autocommit=True) as connection:
        for role in roles:
            _create_role(connection, role)
        for rule in _SET_ASIDE:
            connection.execute(rule.encode())
        for at in range(0, len(statements), TOGETHER):
            together = statements[at : at + TOGETHER]
            if not _run_together(connection, together):
                for statement in together:
                    _run(connection, statement, extensions, lacking)
    return Replica(server.dsn(), server.major, extensions, lacking)


def _create_role(connection: psycopg.Connection[tuple[object, ...]], role: str) -> None:
    with contextlib.suppress(psycopg.errors.DuplicateObject):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _run_together(
    connection: psycopg.Connection[tuple[object, ...]], statements: Sequence[Statement]
) -> bool:
    """Run them as one message and one transaction; false when the server refused any."""
    message = "".join(f"{statement.bare}\n;\n" for statement in statements)
    try:
        connection.execute(message.encode())
    except psycopg.errors.Error:
        return False
    return True


def _run(
    connection: psycopg.Connection[tuple[object, ...]],
    statement: Statement,
    extensions: list[str],
    lacking: list[str],
) -> None:
    try:
        connection.execute(statement.bare.encode())
    except psycopg.errors.Error as error:
        if connection.closed:
            raise StackwrightError("the shadow server ended while it was rebuilt") from error
        if error.sqlstate in _THERE_ALREADY:
            return
        if name := missing_extension(statement):
            extensions.append(name)
        elif "EXTENSION" not in statement.words[:3]:
            lacking.append(f"{statement.summary(60)}: {error.diag.message_primary}")


def missing_extension(statement: Statement) -> str | None:
    """The extension that a failed CREATE EXTENSION wanted; none for other statements."""
    if statement.words[:2] != ("CREATE", "EXTENSION"):
        return None
    rest = statement.bare.split()[2:]
    name = rest[3] if [word.upper() for word in rest[:3]] == ["IF", "NOT", "EXISTS"] else rest[0]
    return name.strip('"')
