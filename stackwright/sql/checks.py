"""Checks: assertions in SQL, one query a file under `sql/checks/`, run in a read-only transaction.

    -- check: V5 every profile has a user
    -- after: migrations
    -- severity: error
    -- reads: rows
    -- covers: R14 R15
    select id, 'has no user' as problem from public.profiles where ...

`check` gives the id (first word) and a title; without it, id and title come from the file's
name. `after` names the step of a rollout behind which the check can pass (default `migrations`);
`severity` is `error` (default) or `warn`; `covers` lists what the check proves. `reads` is `rows`
(default), or `schema` for a check that no row decides: only those run in a shadow run too, which
has none. The query returns the offending rows, so none is a pass. A query with one row and one
boolean column passes with true.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from stackwright.errors import UserInput
from stackwright.sql.database import ReadOnlyDatabase, Row
from stackwright.sql.migration import decode
from stackwright.sql.statements import split

_HEADER = re.compile(r"^\s*--\s*(check|after|severity|reads|covers)\s*:\s*(.*?)\s*$")
_VALUES = {"severity": ("error", "warn"), "reads": ("rows", "schema")}
SAMPLES = 5
FOLDER = "checks"


@dataclass(frozen=True)
class Check:
    """One declared check; `query` is the file's text."""

    id: str
    title: str
    query: str = field(repr=False)
    after: str = "migrations"
    severity: str = "error"
    covers: Sequence[str] = ()
    file: str = ""
    reads: str = "rows"


@dataclass(frozen=True)
class Result:
    """What a check found: `rows` offending rows, the first of them, or the server's refusal."""

    check: Check
    rows: int = 0
    samples: Sequence[str] = ()
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.rows and not self.error

    @property
    def fatal(self) -> bool:
        """Whether a rollout must stop here: a failed check of severity `error`."""
        return not self.passed and self.check.severity == "error"

    def __str__(self) -> str:
        name = f"{self.check.id} {self.check.title}".strip()
        if self.passed:
            return f"passed: {name}"
        verdict = "failed" if self.fatal else "warning"
        return f"{verdict}: {name}: {self.error or self._findings()} ({self.check.file})"

    def _findings(self) -> str:
        shown = "; ".join(self.samples)
        more = "; ..." if self.rows > len(self.samples) else ""
        return f"{self.rows} row{'s' if self.rows != 1 else ''}: {shown}{more}"


def load(directory: Path) -> list[Check]:
    """The checks of a folder by file name; raises `UserInput` (also `BadSql`) for a bad file."""
    checks = [_parse(path) for path in sorted(directory.glob("*.sql"))]
    seen: dict[str, str] = {}
    for check in checks:
        if check.id in seen:
            raise UserInput(f"{check.file}: the check {check.id} is also in {seen[check.id]}")
        seen[check.id] = check.file
    return checks


def of_schema(directory: Path, collection: str = "") -> list[Check]:
    """The checks beside a folder of migrations that no row decides, and that it must pass.

    Those are the checks after `migrations`, or after the collection where there are several.
    """
    step = collection or "migrations"
    found = load(directory.parent / FOLDER)
    return [check for check in found if check.reads == "schema" and check.after == step]


async def run(database: ReadOnlyDatabase, checks: Iterable[Check]) -> list[Result]:
    """The results of the checks in their order; what a server refuses is a failed check."""
    return [await _run(database, check) for check in checks]


async def _run(database: ReadOnlyDatabase, check: Check) -> Result:
    try:
        rows = await database.query(check.query)
    except psycopg.errors.Error as error:
        if database.is_closed:
            raise
        return Result(check, error=error.diag.message_primary or str(error))
    if _is_true(rows):
        return Result(check)
    return Result(check, len(rows), [_told(row) for row in rows[:SAMPLES]])


def _is_true(rows: Sequence[Row]) -> bool:
    return len(rows) == 1 and list(rows[0].values()) == [True]


def _told(row: Row) -> str:
    problem = row.get("problem")
    if problem is not None:
        return str(problem)
    return ", ".join(f"{name} = {value}" for name, value in row.items())


def _parse(path: Path) -> Check:
    text = decode(path.name, path.read_bytes())
    found = (match for line in text.splitlines() if (match := _HEADER.match(line)))
    headers = {match[1]: match[2] for match in found}
    identity, _, title = headers.get("check", path.stem).partition(" ")
    for name, (standard, other) in _VALUES.items():
        if headers.setdefault(name, standard) not in (standard, other):
            raise UserInput(f"{path.name}: {name} is {standard} or {other}, not {headers[name]!r}")
    count = len(split(text))
    if count != 1:
        raise UserInput(f"{path.name}: a check is one query, and the file holds {count}")
    covers = tuple(headers.get("covers", "").replace(",", " ").split())
    after = headers.get("after", "migrations")
    return Check(
        identity, title.strip(), text, after, headers["severity"], covers, path.name,
        headers["reads"],
    )  # fmt: skip
