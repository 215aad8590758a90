"""Is a way back whole? Each migration runs, is undone and runs again, on a throw-away server.

After the way back the catalogue must be as it was before the migration, and after the second run
as after the first. Rows are not looked at: the server is an empty, Supabase-shaped one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from stackwright.sql import catalogue
from stackwright.sql.apply import Options, apply
from stackwright.sql.catalogue import Object
from stackwright.sql.database import Database, writing
from stackwright.sql.down import Down
from stackwright.sql.drift import Change, compare
from stackwright.sql.errors import Failure, StatementFailed
from stackwright.sql.limits import Limits
from stackwright.sql.lint import Finding
from stackwright.sql.migration import Migration
from stackwright.sql.record import Runner
from stackwright.sql.replica import replica
from stackwright.sql.undo import undo
from stackwright.sql.undo_plan import Folder, Wanted

RULE = "round-trip"
_OPTIONS = Options(limits=Limits(run_lock=0, statement=120, attempts=1), approved=None)
_SAYS = {
    Change.EXTRA: "is left behind",
    Change.MISSING: "is not brought back",
    Change.CHANGED: "is not as it was before",
}
# feature_not_supported, undefined_file: an extension that the throw-away server does not have
_NOT_HERE = {"0A000", "58P01"}


async def check(folder: Folder, root: Path) -> list[Finding]:
    """What is wrong with the ways back of a folder; `root` is the project's `.stackwright`.

    Raises `ShadowUnavailable`, `BadSql`.
    """
    found = list(_strays(folder))
    if not folder.ways:
        return found
    async with replica(root / "shadow", None, None) as copy, writing(copy.dsn) as database:
        trip = _Trip(database, found)
        for file in folder.files:
            way = folder.ways.get(file.file)
            if not await (trip.back_and_forth(file, way) if way else trip.forth(file)):
                break
    return found


def _strays(folder: Folder) -> Iterator[Finding]:
    names = {file.file for file in folder.files}
    for name, way in folder.ways.items():
        if name not in names:
            yield _finding(way.file, f"there is no migration {name}: is the name right?")


class _Trip:
    """Runs files one after the other and notes what is wrong with them."""

    def __init__(self, database: Database, found: list[Finding]) -> None:
        self._database = database
        self._found = found

    async def forth(self, file: Migration) -> bool:
        """Run a file; whether it could be run."""
        try:
            await apply(self._database, [file], _runner(file), _OPTIONS)
        except StatementFailed as error:
            level = "warning" if error.failure.sqlstate in _NOT_HERE else "error"
            self._found.append(_failed(error.failure, level))
            return False
        return True

    async def back_and_forth(self, file: Migration, way: Down) -> bool:
        """Run a file, undo it, run it again; whether the next file can follow."""
        before = await catalogue.read(self._database)
        if not await self.forth(file):
            return False
        between = await catalogue.read(self._database)
        if not await self._back(file, way):
            return True
        self._compare(way.file, before, await catalogue.read(self._database), "")
        if not await self.forth(file):
            self._found.append(_finding(way.file, f"{file.file} does not run again after it"))
            return False
        again = f"after {file.file} ran again, "
        self._compare(way.file, between, await catalogue.read(self._database), again)
        return True

    async def _back(self, file: Migration, way: Down) -> bool:
        folder = Folder([file], {file.file: way}, _runner(file).collection)
        try:
            await undo(self._database, folder, Wanted([file.version]), _OPTIONS)
        except StatementFailed as error:
            self._found.append(_failed(error.failure, "error"))
            return False
        return True

    def _compare(
        self, file: str, wanted: Sequence[Object], held: Sequence[Object], when: str
    ) -> None:
        for difference in compare(held, wanted):
            said = f"{when}{difference.subject} {_SAYS[difference.change]}"
            self._found.append(_finding(file, said))


def _runner(file: Migration) -> Runner:
    """A collection of its own: each file is planned without regard to the others."""
    return Runner("round trip", collection=file.version)


def _finding(file: str, message: str) -> Finding:
    return Finding(file, 1, 1, "error", RULE, message)


def _failed(failure: Failure, level: str) -> Finding:
    message = f"{failure.message} ({failure.sqlstate}); statement: {failure.statement}"
    return Finding(failure.file, failure.line, failure.column, level, RULE, message)
