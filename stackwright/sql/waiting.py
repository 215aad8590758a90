"""Files that wait: for some days after another one was applied, or for a person's yes.

    -- stackwright: not-before 30 days after 20261121000500
    -- stackwright: once-approved

A file that waits is left out and reported; the files after it go on without it. The day is the
one that `stackwright.migrations` recorded, the clock is the server's. See
docs/decisions/0010-files-that-wait.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackwright.sql.ledger import Ledger
from stackwright.sql.migration import Migration, NotBefore

Approved = Callable[[Migration], bool] | None
"""Whether a person allowed a file; none for a replay, where nothing waits."""


def by_nobody(_: Migration) -> bool:
    """The approvals of a caller that knows of none."""
    return False


@dataclass(frozen=True)
class Waiting:
    """One file that is left out, and what it waits for."""

    file: Migration
    reason: str

    def __str__(self) -> str:
        return f"{self.file.file} waits: {self.reason}"


def waiting(files: Sequence[Migration], seen: Ledger, approved: Approved) -> list[Waiting]:
    """Those of the pending `files` whose time has not come."""
    if approved is None:
        return []
    reasons = ((file, _reason(file, seen, allowed=approved(file))) for file in files)
    return [Waiting(file, reason) for file, reason in reasons if reason]


def _reason(file: Migration, seen: Ledger, *, allowed: bool) -> str:
    """What it waits for; empty when it waits for nothing."""
    early = _too_early(file.not_before, seen) if file.not_before else ""
    if early or not file.once_approved or allowed:
        return early
    return f"nobody approved it in this form (sha256 {file.checksum})"


def _too_early(wait: NotBefore, seen: Ledger) -> str:
    if wait.version not in seen.applied:
        return f"it is due {wait.days} days after {wait.version}, which is not applied yet"
    detail = seen.details.get(wait.version)
    if detail is None or detail.finished_at is None:
        return (
            f"it is due {wait.days} days after {wait.version}, and another tool applied that "
            "without recording the day: stackwright sql repair "
            f"{wait.version} --status applied records today"
        )
    done = datetime.fromisoformat(detail.finished_at)
    due = done + timedelta(days=wait.days)
    if seen.now >= due:
        return ""
    return (
        f"it is due on {due:%Y-%m-%d}, {wait.days} days after {wait.version} was applied "
        f"({done:%Y-%m-%d})"
    )
