"""The guard of `stackwright sql apply`: what the stack's file allows, or the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackwright.clock import SYSTEM
from stackwright.errors import UserInput
from stackwright.sql import approval as approving
from stackwright.sql.approval import Approval
from stackwright.sql.guard import BackupRule, Guard


@dataclass(frozen=True)
class StackRules:
    """What a stack says of its migrations; empty where no stack is meant."""

    project: str = ""
    stack: str = ""
    reference: str = ""
    approved: Mapping[str, Approval] = field(default_factory=dict)
    backup_within: float | None = None
    lint: Mapping[str, Any] = field(default_factory=dict)
    access: str | None = None

    def guard(self, extra: Mapping[str, Approval], within: float | None, place: Path) -> Guard:
        """The guard, with approvals of the command line on top; `place` holds the backups."""
        hours = within if within is not None else self.backup_within
        backup = None
        if hours is not None:
            if not self.stack:
                raise UserInput("backups are kept by stack: name it with --stack")
            folder = place / "backups" / self.stack.rpartition("/")[2]
            backup = BackupRule(hours, self.reference, folder, SYSTEM)
        return Guard(self.project, self.stack, {**self.approved, **extra}, backup)


def of_stack(folder: Path, project: str, stack: str, inputs: Mapping[str, Any]) -> StackRules:
    """The approvals are read from the stack's file, as it is now; the rest from its last run."""
    return StackRules(
        project,
        stack,
        str(inputs.get("project") or ""),
        approving.of_stack(folder, project, stack),
        inputs.get("backupWithin", inputs.get("backup_within")),
        inputs.get("lint") or {},
        approving.configured(folder, stack, "stackwright:databaseAccess"),
    )


def approvals(given: Sequence[str], by: str | None, why: str | None) -> dict[str, Approval]:
    """Approvals of the command line, each `FILE=SHA256`; raises `UserInput`."""
    found: dict[str, Approval] = {}
    for text in given:
        file, equals, sha256 = text.partition("=")
        if not equals or not by or not why:
            raise UserInput(
                "an approval is --approve FILE=SHA256 with --by NAME and --why REASON: "
                "the refusal names the file and its SHA-256"
            )
        found[file] = Approval(sha256, by, why)
    return found
