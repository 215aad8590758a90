"""Makes a backup: PostgreSQL's own dump, counted in the same snapshot, tried by a real restore.

`database.dump` (or the folder `database/`, when several jobs wrote it) holds schema and rows of
the user's schemas, `auth.dump` the rows of the users, `platform.sql` what the user put on the
platform's tables, `catalogue.json` every object with its definition, to compare with. Nothing is
written to the database. Limits: files in storage, sessions, vault secrets and the project's
settings are not in it, and the manifest says so.
PostgreSQL: documentation of pg_dump, options --snapshot and --jobs.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from stackwright.clock import SYSTEM, Clock
from stackwright.errors import StackwrightError
from stackwright.sql import client_tools, inventory, manifest, restore, sealing
from stackwright.sql.database import Database, writing
from stackwright.sql.errors import ShadowUnavailable
from stackwright.sql.inventory import Inventory
from stackwright.sql.manifest import File, Manifest
from stackwright.sql.record import commit_of
from stackwright.sql.replica import replica

DATABASE = "database"
PARALLEL_FROM = 1 << 30
"""Bytes from which several jobs are worth their connections."""
MOST_JOBS = 4
LOCK_WAIT = 30.0

_NEVER = (
    "files in storage",
    "sessions and refresh tokens: everyone signs in anew",
    "second factors and single sign-on settings",
    "secrets in the vault and of functions",
    "passwords of database roles",
    "the project's settings",
)


@dataclass(frozen=True)
class Progress:
    """One piece of news: a phase, and how many of the tables are under way."""

    phase: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.phase} {self.done}/{self.total}" if self.total else self.phase


@dataclass(frozen=True)
class Options:
    """How a backup is made.

    `root`: the project's `.stackwright`, where the throw-away server runs; `schemas`: only these
    (default: all of the user's own); `jobs`: 0 decides by size; `key`: encrypts, in one job.
    """

    root: Path
    schemas: Sequence[str] = ()
    jobs: int = 0
    key: str | None = field(default=None, repr=False)
    verify: bool = True
    clock: Clock = SYSTEM
    progress: Callable[[Progress], None] = lambda _: None


async def make(dsn: str, stack: str, project: str, place: Path, options: Options) -> Path:
    """A backup of the database at `dsn` in a new folder below `place`; answers the folder.

    `stack` is `project/stack`, `project` the Supabase project's ref (may be empty). A backup
    that could not be verified is kept, and its manifest says why. Raises `CannotConnect`,
    `UnsuitableConnection`, `ToolMissing`, `ToolFailed`, `CannotSeal`.
    """
    started = options.clock.now()
    folder = manifest.begin(place, started)
    try:
        async with writing(dsn) as database:
            known = await _dump(database, dsn, folder, options)
            done = _described(database, known, folder, stack, project, started, options)
        manifest.write(folder, done.signed(options.key))
        final = manifest.finish(folder)
    except BaseException:
        manifest.discard(folder)
        raise
    if options.verify:
        await verify(final, options)
    return final


async def _dump(database: Database, dsn: str, folder: Path, options: Options) -> Inventory:
    async with inventory.snapshot(database) as connection:
        options.progress(Progress("counting"))
        known = await inventory.take(connection, options.schemas)
        await asyncio.to_thread(_write, database, dsn, known, folder, options)
    return known


def _write(database: Database, dsn: str, known: Inventory, folder: Path, options: Options) -> None:
    major = database.server_version // 10000
    dump = _Dump(dsn, client_tools.program("pg_dump", major), known, options)
    dump.database(folder)
    if known.auth_tables:
        dump.auth(folder / restore.AUTH)
    with sealing.written(folder / restore.CATALOGUE, options.key) as file:
        file.write(json.dumps([asdict(item) for item in known.objects]).encode())
    if known.platform_sql:
        text = "".join(f"{statement};\n" for statement in known.platform_sql)
        with sealing.written(folder / restore.PLATFORM, options.key) as file:
            file.write(text.encode())


@dataclass(frozen=True)
class _Dump:
    """pg_dump, sharing one snapshot."""

    dsn: str
    program: Path
    known: Inventory
    options: Options

    def database(self, folder: Path) -> None:
        jobs = self._jobs()
        chosen = [f"--schema={_pattern(name)}" for name in self.known.schemas]
        if jobs > 1:
            place = folder / DATABASE
            self._run([*chosen, "--format=directory", f"--jobs={jobs}", f"--file={place}"], None)
            place.chmod(0o700)
        else:
            self._run([*chosen, "--format=custom"], folder / f"{DATABASE}.dump")

    def auth(self, path: Path) -> None:
        tables = [f"--table={name}" for name in self.known.auth_tables]
        self._run([*tables, "--data-only", "--format=custom"], path)

    def _jobs(self) -> int:
        """One job when encrypted: only then the rows are never on the disk in clear."""
        if self.options.key is not None:
            return 1
        if self.options.jobs:
            return self.options.jobs
        large = self.known.bytes >= PARALLEL_FROM
        return min(MOST_JOBS, os.cpu_count() or 1) if large else 1

    def _run(self, arguments: Sequence[str], path: Path | None) -> None:
        target, environment = client_tools.address(self.dsn)
        argv = [
            str(self.program), "--verbose", "--no-password", f"--snapshot={self.known.snapshot}",
            f"--lock-wait-timeout={round(LOCK_WAIT * 1000)}", *arguments, f"--dbname={target}",
        ]  # fmt: skip
        environment |= {"PGOPTIONS": "-c default_transaction_read_only=on"}
        counter = _Counter("copying tables", len(self.known.tables), self.options.progress)
        if path is None:
            with client_tools.running(argv, environment=environment, tell=counter):
                return
        with (
            sealing.written(path, self.options.key) as file,
            client_tools.running(argv, stdout=file, environment=environment, tell=counter),
        ):
            pass


class _Counter:
    """Counts the tables that a program speaks of."""

    def __init__(self, phase: str, total: int, progress: Callable[[Progress], None]) -> None:
        self._phase, self._total, self._progress = phase, total, progress
        self._seen = 0

    def __call__(self, table: str) -> None:
        self._seen += 1
        self._progress(Progress(self._phase, min(self._seen, self._total), self._total))


def _described(
    database: Database,
    known: Inventory,
    folder: Path,
    stack: str,
    project: str,
    started: float,
    options: Options,
) -> Manifest:
    finished = options.clock.now()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        path.chmod(0o600)
    major, minor = divmod(database.server_version, 10000)
    return Manifest(
        stack=stack,
        project=project,
        database=database.where,
        server_version=f"{major}.{minor}",
        tool=client_tools.version(client_tools.program("pg_dump", major)),
        git_sha=commit_of(options.root.parent),
        snapshot=known.snapshot,
        role=known.role,
        started_at=manifest.iso(started),
        finished_at=manifest.iso(finished),
        took_seconds=round(finished - started, 2),
        schemas=known.schemas,
        tables=known.tables,
        auth_tables=known.auth_tables,
        objects=dict(Counter(item.kind for item in known.objects)),
        platform_objects=len(known.platform_sql),
        extensions=known.extensions,
        roles=known.roles,
        left_out=_left_out(known),
        files=[File.of(folder, path) for path in paths],
        encryption=None if options.key is None else sealing.description(),
    )


def _left_out(known: Inventory) -> list[str]:
    missing = [name for name in inventory.AUTH_TABLES if name not in known.auth_tables]
    unread = [f"the rows of {name}: not there, or not readable by this role" for name in missing]
    return [*_NEVER, *unread]


async def verify(folder: Path, options: Options) -> Manifest:
    """Restore a backup into a throw-away server, compare, and note the outcome in its manifest.

    Raises `BadBackup` for a damaged one.
    """
    known = manifest.read(folder)
    known.refuse_forged(options.key)
    manifest.refuse_damaged(folder, known)
    options.progress(Progress("verifying"))
    note, where = await _tried(folder, known, options)
    judged = replace(
        known,
        verified=not note,
        verified_at=manifest.iso(options.clock.now()),
        verified_on=where,
        verified_note=note,
    ).signed(options.key)
    manifest.write(folder, judged)
    return judged


async def _tried(folder: Path, known: Manifest, options: Options) -> tuple[str, str | None]:
    """Why it is not good (empty: it is), and the server on which that was found."""
    counter = _Counter("verifying tables", len(known.tables), options.progress)
    try:
        async with replica(options.root / "shadow", None, None) as copy:
            where = f"PostgreSQL {copy.major}"
            try:
                await restore.run(folder, known, copy.dsn, options.key, restore.Into.EMPTY, counter)
            except StackwrightError as error:
                return str(error), where
            return "", where
    except ShadowUnavailable as error:
        reason = str(error).removeprefix("the pending files were not tried: ")
        return f"not tried: {reason}", None


def _pattern(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
