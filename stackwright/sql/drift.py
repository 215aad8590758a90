"""What the database has that no migration made, and what it lacks of what they made.

The migrations that the ledger calls applied are run on an empty Supabase-shaped server of the
target's major, and both catalogues are compared. Nothing is written to the target. For each
difference there is SQL where it cannot lose anything: `adopt` belongs into a new migration, so
that the history has what somebody made by hand; `mend` makes the database what the history says.
Nothing here drops, narrows or revokes: that is for a person to write.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from psycopg import sql

from stackwright.clock import SYSTEM
from stackwright.errors import StackwrightError
from stackwright.sql import catalogue, ledger
from stackwright.sql.apply import Options, apply
from stackwright.sql.catalogue import Object
from stackwright.sql.database import Database, reading, writing
from stackwright.sql.drift_sql import creation, order, replacement
from stackwright.sql.errors import Failure, StatementFailed
from stackwright.sql.ledger import Ledger
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration
from stackwright.sql.record import Runner
from stackwright.sql.replica import replica

_ROLES = "SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname NOT LIKE 'pg\\_%'"
_AVAILABLE = "SELECT name FROM pg_catalog.pg_available_extensions"

# They come and go with their table, view or function.
_PART_OF_ANOTHER = {"column", "grant", "sequence"}


class CannotCompare(StackwrightError):
    """The history does not run on an empty database, so nobody can say what it makes."""


class Change(Enum):
    """What is the matter with an object."""

    EXTRA = "extra"
    MISSING = "missing"
    CHANGED = "changed"


_MEANS = {
    Change.EXTRA: "in the database, made by no migration",
    Change.MISSING: "made by a migration, not in the database",
    Change.CHANGED: "not as the migrations made it",
}


@dataclass(frozen=True)
class Difference:
    """One object; its definitions in the database and by the migrations, empty where absent.

    `adopt`, `mend`: see the module; empty where SQL could lose something.
    """

    change: Change
    kind: str
    parent: str
    name: str
    database: str = ""
    migrations: str = ""
    adopt: str = ""
    mend: str = ""

    @property
    def subject(self) -> str:
        """`column email of public.users`."""
        parent = f" of {self.parent}" if self.parent and self.kind != "comment" else ""
        name = f" {self.name}" if self.name else ""
        return f"{self.kind}{name}{parent}"

    @property
    def title(self) -> str:
        """`column email of public.users: not as the migrations made it`."""
        return f"{self.subject}: {_MEANS[self.change]}"

    def __str__(self) -> str:
        lines = [self.title]
        lines += [f"  + {line}" for line in self.database.splitlines()]
        lines += [f"  - {line}" for line in self.migrations.splitlines()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The differences, in an order in which their SQL can run; notes that a person must know."""

    differences: Sequence[Difference] = ()
    notes: Sequence[str] = field(default=())

    @property
    def adopt(self) -> str:
        """A migration that takes over what was made by hand."""
        return _script(item.adopt for item in self.differences)

    @property
    def mend(self) -> str:
        """SQL that makes again what the database lacks."""
        return _script(item.mend for item in self.differences)


async def check(files: Sequence[Migration], dsn: str, root: Path) -> Report:
    """Compare the database at `dsn` with what the applied ones of `files` make.

    `root` is the project's `.stackwright`. Raises `ShadowUnavailable`, `CannotConnect`,
    `CannotCompare`.
    """
    async with reading(dsn) as target:
        known = await ledger.read(target)
        held = await catalogue.read(target)
        roles = [row["name"] for row in await target.query(_ROLES)]
        major = target.server_version // 10000
        async with replica(root / "shadow", target, None) as copy:
            notes = _notes(files, known, copy.major, major)
            applied = [file for file in files if _is_done(file, known)]
            async with writing(copy.dsn) as database:
                await _make_roles(database, roles)
                notes += await _replay(database, applied)
                made = await catalogue.read(database)
                lacking = await _lacking(database, held)
    notes += [
        f"extension {item.name}: not compared, the server we compare with does not have it"
        for item in lacking
    ]
    return Report(compare([item for item in held if item not in lacking], made), notes)


async def _lacking(database: Database, held: Iterable[Object]) -> list[Object]:
    """The extensions that no migration could have made here: a file may have tested for them."""
    available = {row["name"] for row in await database.query(_AVAILABLE)}
    return [item for item in held if item.kind == "extension" and item.name not in available]


def compare(held: Iterable[Object], made: Iterable[Object]) -> list[Difference]:
    """The differences between what a database holds and what migrations made."""
    database = {item.key: item for item in held}
    migrations = {item.key: item for item in made}
    found = [
        _difference(key, database, migrations)
        for key in database.keys() | migrations.keys()
        if _definition(database, key) != _definition(migrations, key)
        and not _goes_with_another(key, database, migrations)
    ]
    return sorted(found, key=lambda item: order(item.kind, item.database or item.migrations,
                                                item.parent, item.name))  # fmt: skip


Key = tuple[str, str, str]
Objects = Mapping[Key, Object]


def _definition(objects: Objects, key: Key) -> str | None:
    return objects[key].definition if key in objects else None


def _goes_with_another(key: Key, database: Objects, migrations: Objects) -> bool:
    """A column of a table that is new as a whole is no difference of its own."""
    kind, parent, _ = key
    if kind not in _PART_OF_ANOTHER or not parent:
        return False
    # A grant's parent is "TABLE public.t".
    whole, owner = parent.split(" ", 1) if kind == "grant" else ("TABLE", parent)
    return _is_there(whole, owner, database) != _is_there(whole, owner, migrations)


_WHOLES = {"TABLE": ("table", "view"), "FUNCTION": ("function",), "SEQUENCE": ("sequence",),
           "SCHEMA": ("schema",)}  # fmt: skip


def _is_there(whole: str, name: str, objects: Objects) -> bool:
    return any(key[0] in _WHOLES[whole] and key[2] == name for key in objects)


def _difference(key: Key, database: Objects, migrations: Objects) -> Difference:
    here, there = database.get(key), migrations.get(key)
    if here is not None and there is not None:
        return Difference(
            Change.CHANGED, *key, here.definition, there.definition,
            adopt=replacement(here, there), mend=replacement(there, here),
        )  # fmt: skip
    if here is not None:
        sentence = creation(here, database.values())
        return Difference(Change.EXTRA, *key, database=here.definition, adopt=sentence)
    assert there is not None  # noqa: S101 - the key is of one of the two
    sentence = creation(there, migrations.values())
    return Difference(Change.MISSING, *key, migrations=there.definition, mend=sentence)


def _is_done(file: Migration, known: Ledger) -> bool:
    return file.version in known.applied


def _notes(files: Sequence[Migration], known: Ledger, server: int, target: int) -> list[str]:
    here = {file.version for file in files}
    absent = [version for version in known.applied if version not in here]
    edited = [file.file for file in files if _is_edited(file, known)]
    begun = [file.file for file in files if file.version in known.details
             and not _is_done(file, known)]  # fmt: skip
    notes = []
    if absent:
        notes.append(
            f"{len(absent)} applied versions have no file here ({', '.join(absent[:3])}): what "
            "they made shows as made by no migration"
        )
    notes += [f"{file} was edited after it was applied: compared as it is now" for file in edited]
    notes += [f"{file} stopped halfway: what it did so far shows as extra" for file in begun]
    if server != target:
        notes.append(
            f"compared with PostgreSQL {server}, the target is {target}: some definitions may "
            "only be worded differently"
        )
    return notes


def _is_edited(file: Migration, known: Ledger) -> bool:
    detail = known.details.get(file.version)
    return _is_done(file, known) and detail is not None and detail.checksum != file.checksum


async def _make_roles(database: Database, roles: Sequence[str]) -> None:
    """Grants and policies speak of roles, which no migration of a project makes."""
    there = {row["name"] for row in await database.query(_ROLES)}
    for name in roles:
        if name not in there:
            statement = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
            await database.connection.execute(statement)


async def _replay(database: Database, files: Sequence[Migration]) -> list[str]:
    """Run the files; answers the extensions that this server does not have or give."""
    notes: list[str] = []
    for file in files:
        left: Migration | None = file
        while left is not None:
            left = await _attempt(database, left, notes)
    return notes


async def _attempt(database: Database, file: Migration, notes: list[str]) -> Migration | None:
    """Run one file; the file without its CREATE EXTENSION if that is what failed."""
    runner = Runner("drift", collection=file.version)
    options = Options(
        limits=Limits(run_lock=0, statement=300, attempts=1), clock=SYSTEM, approved=None
    )
    try:
        await apply(database, [file], runner, options)
    except StatementFailed as error:
        lesser = _without_extension(file, error.failure)
        if lesser is None:
            lacking = f" ({'; '.join(notes)})" if notes else ""
            raise CannotCompare(
                f"the applied migrations do not run on an empty database{lacking}: {error.failure}"
            ) from None
        notes.append(f"not on the server we compare with: {error.failure.statement}")
        return lesser
    return None


def _without_extension(file: Migration, failure: Failure) -> Migration | None:
    for statement in file.statements:
        is_it = statement.line == failure.line and statement.words[:2] == ("CREATE", "EXTENSION")
        if is_it:
            end = statement.start + len(statement.text)
            text = file.text[: statement.start] + file.text[end:].removeprefix(";")
            return Migration(file.version, file.name, text)
    return None


def _script(statements: Iterable[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements if statement)
