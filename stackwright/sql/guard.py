"""The guard before destructive SQL: a file that loses something needs a person's yes.

It is asked in every preview, and again under the lock of the run, before the first file. What
counts: see docs/decisions/0007-destructive-sql.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stackwright.clock import Clock
from stackwright.errors import NeedsApproval
from stackwright.sql import approval as approving
from stackwright.sql import ledger, manifest, presence
from stackwright.sql.approval import Approval
from stackwright.sql.database import Readable
from stackwright.sql.effect_rules import Effect
from stackwright.sql.effects import effects
from stackwright.sql.ledger import Ledger
from stackwright.sql.migration import Migration
from stackwright.sql.plan import Plan

_CLOCKS_APART = 5 / 60
"""Hours by which the clock of the machine that made a backup may be ahead of ours."""


@dataclass(frozen=True)
class BackupRule:
    """A verified backup of `project`, at most `within` hours old, in the stack's folder."""

    within: float
    project: str
    place: Path
    clock: Clock

    def objection(self) -> str:
        """Why what is there does not do; empty when it does."""
        now = self.clock.now()
        found = manifest.newest(self.place, self.project, self.within, now)
        if found is None:
            return f"no verified backup of the last {self.within:g} hours is there"
        folder, known = found
        if known.age(now) < -_CLOCKS_APART:
            return f"the backup {folder.name} is from the future"
        whole = all(
            (folder / file.name).is_file() and (folder / file.name).stat().st_size == file.bytes
            for file in known.files
        )
        return "" if whole else f"the backup {folder.name} lacks a file"


@dataclass(frozen=True)
class Guard:
    """What the stack allows. `project` and `stack` are Pulumi's names, for the advice."""

    project: str = ""
    stack: str = ""
    approved: Mapping[str, Approval] = field(default_factory=dict)
    backup: BackupRule | None = None

    async def judged(
        self, pending: Sequence[Migration], database: Readable, seen: Ledger
    ) -> list[Effect]:
        """The effects of `pending` on what this database holds."""
        found = effects(pending)
        fresh = not seen.has_tables and not seen.applied
        return (await presence.look(database, found, fresh=fresh)).judge(found)

    def refuse(self, pending: Sequence[Migration], found: Sequence[Effect]) -> None:
        """Raise `NeedsApproval` for what nobody allowed, or what no backup holds."""
        self.refuse_unapproved(pending, found)
        if missing := self.missing_backup(found):
            raise NeedsApproval(f"{missing}. Nothing was run.")

    def refuse_unapproved(self, pending: Sequence[Migration], found: Sequence[Effect]) -> None:
        """The first half: what a preview refuses."""
        guarded = [effect for effect in found if effect.needs_approval]
        losing = {effect.file for effect in guarded}
        files = [file for file in pending if file.file in losing]
        objections = {file.file: self._objection(file) for file in files}
        open_files = [file for file in files if objections[file.file]]
        if open_files:
            raise NeedsApproval(self._sentence(guarded, open_files, objections))

    def missing_backup(self, found: Sequence[Effect]) -> str:
        """Which backup is missing, and how to make it; empty when none is needed.

        No reason to refuse a preview: a `sql.Backup` of the same run may make it.
        """
        losing = sorted({effect.file for effect in found if effect.needs_approval})
        objection = self.backup.objection() if losing and self.backup else ""
        if not objection:
            return ""
        stack = f" --stack {self.stack}" if self.stack else ""
        return (
            f"{', '.join(losing)} needs a backup, and {objection}: run "
            f"`stackwright backup{stack}`, or let the migrations depend on a sql.Backup"
        )

    async def ask(self, plan: Plan, database: Readable) -> None:
        """The same for a run under way, under its lock; see `apply.Options.guard`."""
        if plan.pending:
            found = await self.judged(plan.pending, database, await ledger.read(database))
            self.refuse(plan.pending, found)

    def approves(self, file: Migration) -> bool:
        """Whether a person allowed the file in this form."""
        return not self._objection(file)

    def allowed(self, pending: Sequence[Migration]) -> list[str]:
        """Who allowed what of `pending`, for the log."""
        return [
            f"{file.file} was approved by {approval.by}: {approval.why}"
            for file in pending
            if (approval := self.approved.get(file.file)) and not approval.objection(file)
        ]

    def _objection(self, file: Migration) -> str:
        approval = self.approved.get(file.file)
        return approval.objection(file) if approval else "nobody approved it"

    def _sentence(
        self,
        guarded: Sequence[Effect],
        open_files: Sequence[Migration],
        objections: Mapping[str, str],
    ) -> str:
        said = ["these files lose what no later one can bring back. Nothing was run."]
        for file, objection in objections.items():
            said += [f"{file}: {objection}" if objection else f"{file}: approved"]
            said += [f"  {_line(effect)}" for effect in guarded if effect.file == file]
        where = f"Pulumi.{self.stack}.yaml" if self.stack else "the stack's Pulumi.<stack>.yaml"
        said.append(f"If this is meant, add to {where}, with your name and the reason:")
        said.append(approving.lines(self.project, open_files))
        return "\n".join(said)


def _line(effect: Effect) -> str:
    rows = f" (about {effect.rows:,} rows)" if effect.rows else ""
    note = f": {effect.note}" if effect.note else ""
    return f"{effect.place}{rows}{note}"
