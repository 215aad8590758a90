"""Decides which applied migrations are undone, newest first; touches nothing.

Refused as a whole: what has no way back, what was edited since it was applied, what stopped
halfway, and what others were built on that would stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackwright.sql.down import FOLDER, Down
from stackwright.sql.errors import BadMigrations, LedgerConflict
from stackwright.sql.ledger import Ledger
from stackwright.sql.migration import Migration, version_key
from stackwright.sql.plan import edited, is_of_another

ALL = "0"


@dataclass(frozen=True)
class Wanted:
    """What a person asked for: these versions, or (`to`) all that was applied after one.

    `to` may be `0`: all. `out_of_order`: newer ones may stay.
    """

    versions: Sequence[str] = ()
    to: str | None = None
    out_of_order: bool = False


@dataclass(frozen=True)
class UndoPlan:
    """What to run, newest first; the files that were named and are not applied."""

    files: Sequence[Down] = ()
    not_applied: Sequence[str] = ()

    @property
    def notes(self) -> list[str]:
        """Sentences that a person should read."""
        notes = [f"{file} is not applied: nothing to undo" for file in self.not_applied]
        if self.files:
            names = ", ".join(file.undoes for file in self.files)
            notes.append(f"pending again: {names}; the next run applies what is still there")
        return notes


@dataclass(frozen=True)
class Folder:
    """Migrations in their order, the ways back by the file that each undoes, the collection."""

    files: Sequence[Migration]
    ways: Mapping[str, Down]
    collection: str = ""

    def plan(self, ledger: Ledger, wanted: Wanted) -> UndoPlan:
        """What is undone on a database with this ledger.

        Raises `BadMigrations` for a version that nobody knows, `LedgerConflict` with all that
        forbids it.
        """
        history = _History(self, ledger)
        named = [history.find(version) for version in wanted.versions]
        chosen = history.after(wanted.to) if wanted.to is not None else history.among(named)
        problems = [history.problem(version) for version in chosen]
        if not wanted.out_of_order:
            problems.append(history.staying(chosen))
        if said := " ".join(filter(None, problems)):
            raise LedgerConflict(f"{said} Nothing was run.")
        idle = [history.name(version) for version in named if version not in chosen]
        return UndoPlan([self.ways[history.name(v)] for v in reversed(chosen)], idle)


class _History:
    """The versions that a collection applied, in the order of its files."""

    def __init__(self, folder: Folder, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._files = {file.version: file for file in folder.files}
        self._places = {version_key(file.version): at for at, file in enumerate(folder.files)}
        ours = [version for version in self._held() if not self._is_foreign(version)]
        self._applied = sorted(ours, key=self._place)

    def find(self, version: str) -> str:
        """The version as the ledger or the folder writes it."""
        for known in (*self._held(), *self._files):
            if version_key(known) == version_key(version):
                self._refuse_foreign(known)
                return known
        raise BadMigrations(f"there is no version {version}, in the ledger or in the folder")

    def after(self, version: str) -> list[str]:
        """All that was applied after `version`."""
        if version == ALL:
            return self._applied
        place = self._place(self.find(version))
        return [held for held in self._applied if self._place(held) > place]

    def among(self, versions: Sequence[str]) -> list[str]:
        """Those of `versions` that are applied, in their order."""
        return [held for held in self._applied if held in versions]

    def name(self, version: str) -> str:
        """The name of its file, there or not."""
        if file := self._files.get(version):
            return file.file
        return f"{version}_{self._ledger.applied.get(version, '')}".rstrip("_") + ".sql"

    def problem(self, version: str) -> str:
        """Why it cannot be undone; empty when it can."""
        name, begun = self.name(version), self._ledger.begun.get(version)
        if begun and version not in self._ledger.applied:
            return (
                f"{name} stopped after statement {begun.done_statements} and is not applied: let "
                "a run finish it, or undo it by hand and run stackwright sql repair "
                f"{version} --status reverted."
            )
        if name not in self._folder.ways:
            return (
                f"{name} has no way back: there is no file {FOLDER}/{name}; write it, or undo "
                "with a new migration."
            )
        here = [self._files[version]] if version in self._files else []
        return "".join(problem.sentence for problem in edited(here, self._ledger))

    def staying(self, chosen: Sequence[str]) -> str:
        """What was applied after one of `chosen` and would stay: it may need what goes."""
        first = self._applied.index(chosen[0]) if chosen else len(self._applied)
        stay = [self.name(held) for held in self._applied[first:] if held not in chosen]
        if not stay:
            return ""
        return (
            f"{', '.join(stay)} came after {self.name(chosen[0])} and would stay: undo that too, "
            "or allow this with --out-of-order."
        )

    def _held(self) -> set[str]:
        return {*self._ledger.applied, *self._ledger.begun}

    def _is_foreign(self, version: str) -> bool:
        return is_of_another(version, self._ledger, self._folder.collection)

    def _refuse_foreign(self, version: str) -> None:
        if self._is_foreign(version):
            other = self._ledger.details[version].collection
            raise LedgerConflict(
                f"{self.name(version)} belongs to the collection {other!r}: name that with "
                "--collection, and its files with --dir. Nothing was run."
            )

    def _place(self, version: str) -> float:
        """A version without a file stands behind the files with lower versions."""
        key = version_key(version)
        if key in self._places:
            return self._places[key]
        return max((at for known, at in self._places.items() if known < key), default=-1) + 0.5
