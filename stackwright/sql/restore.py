"""Restores a backup in one transaction: emptied, filled, counted, and only then committed.

Everything goes through one `psql` session between a BEGIN and a COMMIT of ours, so a restore that
fails, or whose tables do not hold what the manifest counted, leaves the database as it was. The
COMMIT is only sent when every part before it came through whole. The restoring role becomes the
owner of everything; that is the price of needing no superuser.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import IO

from stackwright.clock import SYSTEM
from stackwright.errors import Refused, StackwrightError
from stackwright.sql import (
    client_tools,
    default_privileges,
    drift,
    inventory,
    lock,
    manifest,
    restore_sql,
    sealing,
)
from stackwright.sql.catalogue import Object
from stackwright.sql.database import Connection, Database, translated, writing
from stackwright.sql.default_privileges import Rule
from stackwright.sql.manifest import Manifest

AUTH, PLATFORM, CATALOGUE = "auth.dump", "platform.sql", "catalogue.json"
_CONTENT = {"table", "view", "function", "type", "sequence"}
FIRST_BLOCK = 1 << 16

_AVAILABLE = "SELECT name FROM pg_catalog.pg_available_extensions"
_POWERS = """
SELECT rolname AS name, pg_has_role(current_user, oid, 'MEMBER') AS ours
FROM pg_catalog.pg_roles"""
_WRITABLE = """
SELECT name FROM unnest(%(names)s::text[]) AS name
WHERE has_table_privilege(to_regclass(name), 'INSERT')
AND has_table_privilege(to_regclass(name), 'DELETE')"""


class RestoreFailed(StackwrightError):
    """Nothing was restored: the transaction was rolled back."""


class Into(Enum):
    """What the target may hold."""

    EMPTY = "empty"
    REPLACE = "replace"


@dataclass(frozen=True)
class Outlook:
    """What a restore would do to a target, before it does.

    `rows`: rows of each of its tables now; `replaced`: schemas that would be emptied; `alone`:
    the user's other schemas; `users`: whether users would be restored; `extensions` and `roles`:
    what would be made first; `powers`: roles that we may act for; `lacking`: sentences on what
    cannot be restored here; `defaults`: what new objects of our `role` are open to.
    """

    server_version: int
    rows: dict[str, int]
    objects: int
    replaced: Sequence[str]
    alone: Sequence[str]
    users: Sequence[str]
    extensions: dict[str, str]
    roles: Sequence[str]
    powers: frozenset[str]
    lacking: Sequence[str] = field(default=())
    role: str = ""
    defaults: Sequence[Rule] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a restore would replace."""
        return not any(self.rows.values()) and self.objects == 0


async def look(database: Database, known: Manifest, *, users: bool = True) -> Outlook:
    """What restoring `known` would do here; changes nothing. Raises `DatabaseRefused`."""
    with translated(f"cannot look at {database.where}"):
        async with inventory.snapshot(database) as connection:
            return await _look(database, connection, known, users=users)


async def _look(
    database: Database, connection: Connection, known: Manifest, *, users: bool
) -> Outlook:
    there = await inventory.schemas_of(connection)
    replaced = [name for name in known.schemas if name in there]
    seen = await inventory.take(connection, replaced or ["public"])
    available = await _names(connection, _AVAILABLE)
    cursor = await connection.execute(_POWERS)
    roles = {row["name"]: row["ours"] for row in await cursor.fetchall()}
    wanted = list(known.auth_tables) if users else []
    writable = await _names(connection, _WRITABLE, names=wanted)
    missing = {name: place for name, place in known.extensions.items() if name in available
               and name not in seen.extensions}  # fmt: skip
    return Outlook(
        database.server_version,
        {**seen.tables, **{name: seen.auth_tables.get(name, 0) for name in wanted}},
        sum(item.kind in _CONTENT for item in seen.objects),
        replaced,
        [name for name in there if name not in known.schemas and name != "public"],
        [name for name in wanted if name in writable],
        missing,
        [name for name in known.roles if name not in roles],
        frozenset(name for name, ours in roles.items() if ours),
        [
            *(f"extension {name}: this server does not have it" for name in known.extensions
              if name not in available and name not in seen.extensions),
            *(f"the rows of {name}: the table is not there, or this role may not write it"
              for name in wanted if name not in writable),
        ],
        seen.role,
        await default_privileges.read(connection, known.schemas),
    )  # fmt: skip


async def _names(connection: Connection, query: str, **values: object) -> set[str]:
    cursor = await connection.execute(query.encode(), values)
    return {row["name"] for row in await cursor.fetchall()}


async def run(
    folder: Path,
    known: Manifest,
    dsn: str,
    key: str | None,
    into: Into,
    tell: client_tools.Tell = lambda _: None,
    *,
    users: bool = True,
) -> Outlook:
    """Restore a backup whose files were checked; answers what was there before and what lacks now.

    Raises `Refused` (the target is not empty and `into` says so), `RestoreFailed`.
    """
    async with (
        writing(dsn) as database,
        lock.held(database, wait=0, clock=SYSTEM, waiting=lambda _: None),
    ):
        outlook = await look(database, known, users=users)
        refuse(outlook, known, database.where, into, users=users)
        wipe = await _wiping(database, outlook) if into is Into.REPLACE else []
        feed = _Feed(folder, known, dsn, key, outlook, wipe, tell)
        await asyncio.to_thread(feed.all)
        refused = await _compare(database, folder, known, key, outlook)
    return replace(outlook, lacking=[*outlook.lacking, *refused])


def refuse(outlook: Outlook, known: Manifest, where: str, into: Into, *, users: bool) -> None:
    """Raise `Refused` when the target is not what `into` says, or cannot take the users."""
    if into is Into.EMPTY and not outlook.is_empty:
        held = ", ".join(f"{n} ({r} rows)" for n, r in list(outlook.rows.items())[:5] if r)
        raise Refused(
            f"{where} is not empty: {held or f'{outlook.objects} objects'}. Nothing was changed. "
            "To replace what is there, say --yes-replace and its name."
        )
    homeless = [n for n, rows in known.auth_tables.items() if rows and n not in outlook.users]
    if users and homeless:
        raise Refused(
            f"{where} cannot take the rows of {', '.join(homeless)}: restore into a Supabase "
            "project, or leave the users out with --without-users"
        )


async def _wiping(database: Database, outlook: Outlook) -> list[str]:
    with translated(f"cannot look at {database.where}"):
        async with inventory.snapshot(database) as connection:
            return await restore_sql.wiping(connection, outlook.replaced, outlook.users)


async def _compare(
    database: Database, folder: Path, known: Manifest, key: str | None, outlook: Outlook
) -> list[str]:
    """Rows were counted inside the transaction; every object is compared here.

    Answers which extensions this role could not make, although nothing here needs them.
    """
    async with inventory.snapshot(database) as connection:
        seen = await inventory.take(connection, known.schemas)
    wanted = [Object(**item) for item in json.loads(sealing.content(folder / CATALOGUE, key))]
    same_major = known.server_major == database.server_version // 10000
    wrong = restore_sql.unlike(drift.compare(seen.objects, wanted), wanted, same_major=same_major)
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise StackwrightError(f"restored, but not as it was: {'; '.join(wrong[:5])}{more}")
    absent = outlook.extensions.keys() - seen.extensions.keys()
    return [f"extension {name}: this role may not create it" for name in sorted(absent)]


@dataclass(frozen=True)
class _Feed:
    """Everything that one psql session is told."""

    folder: Path
    known: Manifest
    dsn: str
    key: str | None
    outlook: Outlook
    wipe: Sequence[str]
    tell: client_tools.Tell

    def all(self) -> None:
        try:
            with self._psql() as told:
                aside = [line for rule in self.outlook.defaults for line in rule.set_aside()]
                self._say(told, restore_sql.opening(self.wipe, [*self._beginnings(), *aside]))
                if self.outlook.users:
                    self._pour(told, self.folder / AUTH, users=True)
                self._pour(told, self._archive(), users=False)
                ends = [*self._platform(), *self._defaults(), *self._counted(), "COMMIT"]
                self._say(told, ends)
        except BrokenPipeError:
            raise RestoreFailed("psql ended early; nothing was restored") from None
        except client_tools.ToolFailed as error:
            raise RestoreFailed(f"nothing was restored: {error}") from None

    @contextmanager
    def _psql(self) -> Iterator[IO[bytes]]:
        target, environment = client_tools.address(self.dsn)
        argv: list[str | Path] = [
            self._program("psql"), "--no-psqlrc", "--quiet", "--no-password",
            "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={target}",
        ]  # fmt: skip
        with client_tools.running(argv, stdin=subprocess.PIPE, environment=environment) as process:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            told = process.stdin
            try:
                yield told
            except BrokenPipeError:
                pass  # its own words say why
            finally:
                _close(told)

    def _program(self, name: str) -> Path:
        major = max(self.known.server_major, self.outlook.server_version // 10000)
        return client_tools.program(name, major)

    def _archive(self) -> Path:
        file = self.folder / "database.dump"
        return file if file.exists() else self.folder / "database"

    def _beginnings(self) -> list[str]:
        outlook = self.outlook
        return restore_sql.beginnings(outlook.roles, self.known.schemas, outlook.extensions)

    def _platform(self) -> list[str]:
        path = self.folder / PLATFORM
        if not path.exists():
            return []
        return [sealing.content(path, self.key).decode().rstrip().removesuffix(";")]

    def _defaults(self) -> list[str]:
        """Another role made the backup: its rules came with it, and ours are put back."""
        same = self.known.role == self.outlook.role
        return [] if same else default_privileges.put_back(self.outlook.defaults)

    def _counted(self) -> list[str]:
        users = {name: self.known.auth_tables[name] for name in self.outlook.users}
        return restore_sql.counted({**self.known.tables, **users})

    def _say(self, told: IO[bytes], statements: Sequence[str]) -> None:
        told.write("".join(f"{statement};\n" for statement in statements).encode())
        told.flush()

    def _pour(self, told: IO[bytes], archive: Path, *, users: bool) -> None:
        """All of an archive as SQL, but for what this role must not or need not do."""
        with tempfile.TemporaryDirectory() as place:
            chosen = Path(place) / "list"
            listed = self._listed(archive)
            kept = listed if users else restore_sql.kept(listed, self.outlook.powers)
            chosen.write_text("\n".join(kept) + "\n")
            options = ["--no-owner", "--verbose", f"--use-list={chosen}", "--file=-"]
            with self._pg_restore(archive, options) as stream:
                first = stream.read(FIRST_BLOCK)
                told.write(restore_sql.understood(first, self.outlook.server_version))
                shutil.copyfileobj(stream, told, FIRST_BLOCK)

    def _listed(self, archive: Path) -> list[str]:
        with self._pg_restore(archive, ["--list"]) as stream:
            return stream.read().decode().splitlines()

    @contextmanager
    def _pg_restore(self, archive: Path, options: Sequence[str]) -> Iterator[IO[bytes]]:
        argv: list[str | Path] = [self._program("pg_restore"), *options]
        if archive.is_dir():
            with _output([*argv, archive], subprocess.DEVNULL, self.tell) as stream:
                yield stream
            return
        with (
            sealing.opened(archive, self.key) as file,
            _output(argv, file, self.tell) as stream,
        ):
            yield stream


@contextmanager
def _output(
    argv: Sequence[str | Path], stdin: int | IO[bytes], tell: Callable[[str], None]
) -> Iterator[IO[bytes]]:
    with client_tools.running(argv, stdin=stdin, stdout=subprocess.PIPE, tell=tell) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield process.stdout


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def open_checked(folder: Path, key: str | None) -> Manifest:
    """The manifest of a backup that is whole and signed; raises `BadBackup`."""
    known = manifest.read(folder)
    known.refuse_forged(key)
    manifest.refuse_damaged(folder, known)
    return known
