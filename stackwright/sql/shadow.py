"""Tries pending migrations on a throw-away database that has the target's present schema.

Nothing is written to the target. What runs here is what `apply` runs there, as the same kind of
role, so a missing table, a wrong type or a missing right shows before anything happens. There is
no data here: what fails on the rows that the target holds (a UNIQUE over duplicates) does not
show. Afterwards the checks run that no row decides.

Results are kept under `.stackwright/cache/shadow`, by the files, the target's catalogue and the
server's version: nothing is started again for what was tried before.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stackwright.clock import SYSTEM
from stackwright.files import replace_text
from stackwright.sql import checks as checking
from stackwright.sql import ledger
from stackwright.sql.apply import Options, apply
from stackwright.sql.checks import Check, Result
from stackwright.sql.database import Database, ReadOnlyDatabase, reading, writing
from stackwright.sql.errors import Failure, StatementFailed
from stackwright.sql.ledger import Detail
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration
from stackwright.sql.notices import heard
from stackwright.sql.record import Runner
from stackwright.sql.replica import Replica, replica, server_key

ENGINE = "4"
"""Raise it when the same files and the same target may give another result."""

# An object that is not there, or an extension that is not: where it may be one that the replica
# lacks, these say nothing about the target.
_MISSING = {"42P01", "42883", "42704", "3F000", "42703", "0A000", "58P01"}
_PROSE = {"relation", "table", "function", "type", "schema", "column", "operator", "does", "not"}
_PROSE |= {"exist", "of", "public"}

# A change of any object that a migration can see gives its catalogue row another xmin.
_FINGERPRINT = """
SELECT md5(string_agg(part, '|')) AS fingerprint FROM (
    SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_class
        WHERE oid >= 16384 AND relpersistence <> 't'
    UNION ALL SELECT format('%s %s.%s %s', tableoid, attrelid, attnum, xmin) FROM pg_attribute
        WHERE attrelid >= 16384 AND attnum > 0 AND attrelid IN
        (SELECT oid FROM pg_class WHERE relpersistence <> 't' AND relkind <> 't')
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_constraint
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_attrdef
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_policy
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_trigger
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_enum
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_extension
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_namespace
        WHERE nspname NOT LIKE 'pg\\_t%'
    UNION ALL SELECT format('%s %s %s', tableoid, oid, xmin) FROM pg_default_acl
    UNION ALL SELECT format('role %s', rolname) FROM pg_roles
    ORDER BY 1
) AS parts (part)"""


@dataclass(frozen=True)
class FileResult:
    """How a pending file fared: `failure` if it failed, `unchecked` why it says nothing.

    `notices`: what it said there. It met the target's schema, but no rows.
    """

    file: str
    failure: Failure | None = None
    unchecked: str = ""
    notices: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """A shadow run. Majors of server and target (0: no target yet), a result for each file.

    `lacking`: what of the target's schema could not be rebuilt; `cached`: known from before.
    `checks`: what the checks of the schema found after the last file.
    """

    server: int = 0
    target: int = 0
    files: Sequence[FileResult] = ()
    extensions: Sequence[str] = ()
    lacking: Sequence[str] = field(default=())
    cached: bool = False
    checks: Sequence[Result] = ()

    @property
    def failure(self) -> Failure | None:
        """The first statement that failed."""
        return next((result.failure for result in self.files if result.failure), None)

    @property
    def broken(self) -> list[Result]:
        """The checks that fail."""
        return [result for result in self.checks if not result.passed]

    @property
    def fatal(self) -> list[Result]:
        """Those that would stop a rollout; none where the shadow is not what the target will be."""
        lacks = self.extensions or self.lacking or any(file.unchecked for file in self.files)
        other = self.target and self.target != self.server
        return [] if lacks or other else [result for result in self.broken if result.fatal]

    @property
    def notes(self) -> list[str]:
        """What a person must know to judge the result."""
        notes = [f"{file.file} says: {said}" for file in self.files for said in file.notices]
        notes += [f"{file.file} is not checked: {file.unchecked}" for file in self.files
                  if file.unchecked]  # fmt: skip
        if self.files and not self.target:
            notes.append("tried on an empty Supabase-shaped database: the target is not there yet")
        elif self.files and self.server != self.target:
            notes.append(f"checked on PostgreSQL {self.server}, the target is {self.target}")
        if self.extensions:
            names = ", ".join(self.extensions)
            notes.append(f"extensions of the target that the shadow server lacks: {names}")
        notes += [f"not rebuilt: {item}" for item in self.lacking]
        if self.checks:
            passed = len(self.checks) - len(self.broken)
            notes.append(f"{passed} of {len(self.checks)} checks of the schema passed")
        if len(self.fatal) < sum(result.fatal for result in self.broken):
            notes.append(
                "what is said above of the shadow may be why a check fails: it stops nothing"
            )
        return notes


async def check(
    pending: Sequence[Migration], dsn: str | None, root: Path, checks: Sequence[Check] = ()
) -> Report:
    """Try `pending` in order on a replica of the database at `dsn` (none: not there yet).

    `checks` are asked after the last file, unless one failed; see `checks.of_schema`. `root` is
    the project's `.stackwright` folder. Raises `ShadowUnavailable`, `CannotConnect`, `BadSql`.
    """
    for file in pending:
        _ = file.body
    if not pending:
        return Report()
    if dsn is None:
        return await _cached(pending, checks, None, None, "", root)
    async with reading(dsn) as target:
        [row] = await target.query(_FINGERPRINT)
        return await _cached(pending, checks, target, dsn, row["fingerprint"], root)


async def _cached(
    pending: Sequence[Migration],
    checks: Sequence[Check],
    target: ReadOnlyDatabase | None,
    dsn: str | None,
    fingerprint: str,
    root: Path,
) -> Report:
    major = target.server_version // 10000 if target else 0
    key = _key(pending, checks, major, fingerprint, server_key(major or None))
    place = root / "cache" / "shadow" / f"{key}.json"
    if place.exists():
        return _read(place)
    begun = (await ledger.read(target)).begun if target else {}
    async with replica(root / "shadow", target, dsn) as copy:
        files = await _replay(copy, pending, begun.get)
        failed = any(file.failure for file in files)
        found = [] if failed else await _checked(copy, checks)
    report = Report(copy.major, major, files, copy.extensions, copy.lacking, checks=found)
    replace_text(place, json.dumps(asdict(report)))
    return report


async def _replay(
    copy: Replica, pending: Sequence[Migration], begun: Callable[[str], Detail | None]
) -> list[FileResult]:
    results: list[FileResult] = []
    missing: list[str] = []
    async with writing(copy.dsn) as database:
        await ledger.ensure(database)
        for migration in pending:
            detail = begun(migration.version)
            if detail:
                await _continue_after(database, detail)
            result = await _try(database, migration, missing, copy)
            results.append(result)
            if result.unchecked:
                missing.append(result.file)
            if result.failure:
                break
    return results


async def _try(
    database: Database, migration: Migration, missing: Sequence[str], copy: Replica
) -> FileResult:
    # A collection of its own: each file is planned without regard to the others.
    runner = Runner("shadow", collection=migration.version)
    options = Options(
        limits=Limits(run_lock=0, statement=120, attempts=1), clock=SYSTEM, approved=None
    )
    with heard(database.connection) as notices:
        try:
            await apply(database, [migration], runner, options)
        except StatementFailed as error:
            return _judged(migration, error.failure, missing or _meant(error.failure, copy))
    return FileResult(migration.file, notices=tuple(notices))


async def _checked(copy: Replica, checks: Sequence[Check]) -> list[Result]:
    if not checks:
        return []
    async with reading(copy.dsn) as database:
        return await checking.run(database, checks)


def _judged(migration: Migration, failure: Failure, missing: Sequence[str]) -> FileResult:
    if failure.sqlstate in {"0A000", "58P01"} and "extension" in failure.message:
        reason = f"the shadow server lacks an extension ({failure.message})"
        return FileResult(migration.file, unchecked=reason)
    if missing and failure.sqlstate in _MISSING:
        reason = f"it may need {', '.join(missing[:3])}, missing here: {failure.message}"
        return FileResult(migration.file, unchecked=reason)
    return FileResult(migration.file, failure)


def _meant(failure: Failure, copy: Replica) -> list[str]:
    """What the replica lacks, if the failure may speak of it: `relation "cron.job" ...`."""
    spoken = set(re.findall(r"(\w+)", failure.message)) - _PROSE
    return [*copy.extensions, *copy.lacking] if spoken & copy.names else []


async def _continue_after(database: Database, detail: Detail) -> None:
    """Let a file that the target has run in part go on from there."""
    await database.connection.execute(
        "INSERT INTO stackwright.migrations (version, name, checksum, collection, "
        "done_statements, done_checksum, tried_statement) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [detail.version, detail.name, detail.checksum, detail.version,
         detail.done_statements, detail.done_checksum, detail.tried_statement],
    )  # fmt: skip


def _key(
    pending: Sequence[Migration],
    checks: Sequence[Check],
    major: int,
    fingerprint: str,
    server: str,
) -> str:
    parts = [ENGINE, server, str(major), fingerprint]
    parts += [f"{file.file} {file.checksum}" for file in pending]
    parts += [f"{check.file}\0{check.query}\0" for check in checks]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read(place: Path) -> Report:
    known: dict[str, Any] = json.loads(place.read_text())
    files = [
        FileResult(
            item["file"],
            Failure(**item["failure"]) if item["failure"] else None,
            item["unchecked"],
            tuple(item["notices"]),
        )
        for item in known.pop("files")
    ]
    checks = tuple(
        Result(**{**item, "check": Check(**item["check"])}) for item in known.pop("checks")
    )
    return Report(**{**known, "files": files, "checks": checks, "cached": True})
