"""Compares the migration files with the ledger and says what a run would do; touches nothing.

Versions are compared as numbers. `collection` names the resource that applies these files:
several share one ledger, and rows that another collection applied are not missing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from stackwright.sql.errors import LedgerConflict
from stackwright.sql.ledger import Detail, Ledger
from stackwright.sql.migration import Migration, version_key
from stackwright.sql.waiting import Approved, Waiting, by_nobody, waiting


class Trouble(Enum):
    """What is wrong between files and ledger; each stops a run until someone decides."""

    EDITED = "edited"
    MISSING = "missing"
    OUT_OF_ORDER = "out of order"
    HALF_EDITED = "edited before its end"


@dataclass(frozen=True)
class Problem:
    """One trouble with the version it is about and a sentence that says what to do."""

    trouble: Trouble
    version: str
    sentence: str


@dataclass(frozen=True)
class Plan:
    """What is pending and what stands in the way.

    `pending`: files to run, in order; `baseline`: files to record without running them;
    `applied`: files that are done; `ahead`: newer versions than any file (left alone);
    `history`: older versions without a file that the baseline covers; `waiting`: files whose
    time has not come.
    """

    pending: Sequence[Migration] = ()
    baseline: Sequence[Migration] = ()
    applied: Sequence[Migration] = ()
    ahead: Sequence[str] = ()
    history: Sequence[str] = ()
    unfinished: Sequence[Detail] = ()
    problems: Sequence[Problem] = field(default=())
    waiting: Sequence[Waiting] = ()

    def refuse_problems(self) -> None:
        """Raise `LedgerConflict` with every problem; nothing was run."""
        if self.problems:
            said = " ".join(problem.sentence for problem in self.problems)
            raise LedgerConflict(f"{said} Nothing was run.")

    @property
    def notes(self) -> list[str]:
        """Sentences that a person should read although nothing is wrong."""
        notes = [*map(_unfinished, self.unfinished), *map(str, self.waiting)]
        if self.ahead:
            notes.append(
                f"the database is ahead of these files by {len(self.ahead)} "
                f"({_some(self.ahead)}): left alone"
            )
        if self.baseline:
            notes.append(
                f"{len(self.baseline)} files up to the baseline are recorded without being run"
            )
        return notes


def make(
    files: Sequence[Migration],
    ledger: Ledger,
    *,
    baseline: str | None = None,
    collection: str = "",
    allow_out_of_order: bool = False,
    approved: Approved = by_nobody,
) -> Plan:
    """The plan for `files` (in their order) on a database with this ledger.

    `baseline`: versions up to it count as history: rows without a file are accepted, and on a
    database that has tables but no ledger such files are recorded instead of run. `approved`:
    whether a person allowed a file that waits for that.
    """
    applied = [file for file in files if file.version in ledger.applied]
    open_files = [file for file in files if file.version not in ledger.applied]
    recorded = [file for file in open_files if _is_baseline(file, ledger, baseline)]
    waits = waiting([file for file in open_files if file not in recorded], ledger, approved)
    left_out = [*recorded, *(wait.file for wait in waits)]
    pending = [file for file in open_files if file not in left_out]
    strangers = _strangers(files, ledger, collection)
    newest = max((version_key(file.version) for file in files), default=(-1, ""))
    ahead = [version for version in strangers if version_key(version) > newest]
    old = [version for version in strangers if version_key(version) <= newest]
    history = [version for version in old if _covered(version, baseline)]
    problems = [
        *edited(applied, ledger),
        *_half_edited(pending, ledger),
        *(_missing(version, ledger) for version in old if version not in history),
        *([] if allow_out_of_order else _out_of_order(files, pending, applied)),
    ]
    unfinished = [ledger.details[file.version] for file in pending if _begun(file, ledger)]
    return Plan(pending, recorded, applied, ahead, history, unfinished, problems, waits)


def _is_baseline(file: Migration, ledger: Ledger, baseline: str | None) -> bool:
    fresh = not ledger.has_tables and not ledger.applied
    return not fresh and _covered(file.version, baseline)


def _covered(version: str, baseline: str | None) -> bool:
    return baseline is not None and version_key(version) <= version_key(baseline)


def _strangers(files: Sequence[Migration], ledger: Ledger, collection: str) -> list[str]:
    known = {file.version for file in files}
    versions = [version for version in ledger.applied if version not in known]
    ours = [version for version in versions if not is_of_another(version, ledger, collection)]
    return sorted(ours, key=version_key)


def is_of_another(version: str, ledger: Ledger, collection: str) -> bool:
    """Whether another collection applied it; rows of other tools are nobody's."""
    detail = ledger.details.get(version)
    return detail is not None and detail.collection != collection


def _begun(file: Migration, ledger: Ledger) -> bool:
    detail = ledger.details.get(file.version)
    return detail is not None and detail.finished_at is None


def edited(applied: Sequence[Migration], ledger: Ledger) -> list[Problem]:
    """The applied files that are not as they were then."""
    return [
        Problem(
            Trouble.EDITED,
            file.version,
            f"{file.file} was edited after it had been applied: restore it "
            "(git log on the file shows its earlier forms) and put the change into a new "
            "migration; if the database already has the change, run stackwright sql repair "
            f"{file.version} --status applied.",
        )
        for file in applied
        if not _unedited(file, ledger)
    ]


def _unedited(file: Migration, ledger: Ledger) -> bool:
    if detail := ledger.details.get(file.version):
        return detail.checksum == file.checksum
    recorded = ledger.fingerprints.get(file.version)
    return recorded is None or recorded in file.fingerprints


def _half_edited(pending: Sequence[Migration], ledger: Ledger) -> list[Problem]:
    return [
        Problem(
            Trouble.HALF_EDITED,
            file.version,
            f"{file.file} stopped after statement {ledger.details[file.version].done_statements}, "
            "and a statement that had already run was edited since: restore the first "
            "statements (the rest may change), or undo them by hand and run stackwright sql "
            f"repair {file.version} --status reverted.",
        )
        for file in pending
        if _begun(file, ledger) and not _resumable(file, ledger.details[file.version])
    ]


def _resumable(file: Migration, detail: Detail) -> bool:
    done = detail.done_statements
    return done == 0 or (
        done <= len(file.statements) and file.digest_of_first(done) == detail.done_checksum
    )


def _missing(version: str, ledger: Ledger) -> Problem:
    name = f"{version}_{ledger.applied[version]}".rstrip("_")
    return Problem(
        Trouble.MISSING,
        version,
        f"{name} is applied in the database, but there is no such file: bring it back (another "
        "branch may hold it), name a baseline at or after it, or, if its effect was undone, run "
        f"stackwright sql repair {version} --status reverted.",
    )


def _out_of_order(
    files: Sequence[Migration], pending: Sequence[Migration], applied: Sequence[Migration]
) -> list[Problem]:
    place = {file.version: index for index, file in enumerate(files)}
    if not applied:
        return []
    newest = max(applied, key=lambda file: place[file.version])
    return [
        Problem(
            Trouble.OUT_OF_ORDER,
            file.version,
            f"{file.file} comes before {newest.file}, which is already applied: give it a newer "
            "version, or allow this with --out-of-order.",
        )
        for file in pending
        if place[file.version] < place[newest.version] and not _waited(file)
    ]


def _waited(file: Migration) -> bool:
    """Whether files after it were meant to go on without it."""
    return file.once_approved or file.not_before is not None


def _unfinished(detail: Detail) -> str:
    stopped = f" at: {detail.error}" if detail.error else ""
    return (
        f"{detail.version}_{detail.name}.sql runs without a transaction and stopped after "
        f"statement {detail.done_statements}{stopped}; the next run continues behind it"
    )


def _some(versions: Sequence[str]) -> str:
    shown = ", ".join(versions[:3])
    return shown if len(versions) <= 3 else f"{shown}, ..."
