"""What a preview finds out about pending migrations: a shadow run, lint, effects, approvals.

A preview that a run would refuse ends with an error, so that a reviewer cannot overlook it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stackwright.context import Reading
from stackwright.sql import approval as approving
from stackwright.sql import checks, down, lint, shadow
from stackwright.sql.checks import Check, Result
from stackwright.sql.effect_rules import Effect
from stackwright.sql.errors import ChecksFailed, ShadowUnavailable, StatementFailed
from stackwright.sql.guard import BackupRule, Guard
from stackwright.sql.migration import Migration
from stackwright.toolchain.errors import ToolMissing
from stackwright.values import Json


def guard_of(context: Reading, inputs: Json) -> Guard:
    """What the stack allows, as the inputs of its migrations say it."""
    project, _, stack = context.stack.partition("/")
    within = inputs.get("backup_within")
    backup = None
    if within is not None:
        place = context.root / ".stackwright" / "backups" / stack
        backup = BackupRule(within, str(inputs["project"]), place, context.clock)
    return Guard(project, stack, approving.read(inputs.get("approvals")), backup)


@dataclass(frozen=True)
class Trial:
    """Pending files, and where their preview finds out about them.

    `earlier`: pending files of others, on which they build.
    """

    context: Reading
    inputs: Json
    pending: Sequence[Migration]
    earlier: Sequence[Migration] = ()

    async def run(self, found: Sequence[Effect], url: str | None) -> None:
        """Run them on a shadow and lint them; tell what they do, or raise what forbids it."""
        await self._tell(found, await self._shadow(url))

    async def run_without_copy(self, found: Sequence[Effect], *, empty: bool) -> None:
        """The same where no copy of the schema can be had: only an `empty` one is at hand.

        On an empty shadow, files that build on what the database holds would fail for no reason.
        """
        if empty:
            return await self.run(found, None)
        await self.context.warn(
            "the migrations were not tried before: a copy of the schema is made by pg_dump, which "
            "needs a direct connection (stackwright:databaseAccess is query)"
        )
        return await self._tell(found, None)

    async def _tell(self, found: Sequence[Effect], tried: shadow.Report | None) -> None:
        report = tried or shadow.Report()
        if report.failure:
            raise StatementFailed(report.failure, "nothing was changed; mend the file first")
        rules = self.inputs.get("lint") or {}
        findings = await self._lint(rules, report.target or report.server or 17)
        lines = [*self._files(), *_shortened(found), *map(str, findings)]
        lines += [*map(str, report.broken), *report.notes]
        told = "\n".join(f"  {line}" for line in lines)
        count = len(self.pending)
        how = "tried on a shadow" if tried else "not tried"
        await self.context.log(f"{count} migrations are pending, {how}:\n{told}")
        lint.refuse(findings, rules)
        if report.fatal:
            raise ChecksFailed(_would_fail(report.fatal))
        guard = guard_of(self.context, self.inputs)
        guard.refuse_unapproved(self.pending, found)
        if missing := guard.missing_backup(found):
            await self.context.warn(f"this run will be refused as it stands: {missing}")

    async def _shadow(self, url: str | None) -> shadow.Report | None:
        try:
            files = [*self.earlier, *self.pending]
            root, checks = self.context.root / ".stackwright", self._checks()
            report = await shadow.check(files, url, root, checks)
        except ShadowUnavailable as error:
            await self.context.warn(f"the migrations were not tried before: {error}")
            return None
        names = {file.file for file in self.pending}
        known = [result for result in report.files if result.file in names or result.failure]
        return replace(report, files=known)

    @property
    def _directory(self) -> Path:
        directory: str = self.inputs["directory"]
        return self.context.root / directory

    def _files(self) -> list[str]:
        """The pending files; where some of a project have a way back, those that have none."""
        ways = down.load(self._directory)
        marks = {
            f.file: " (no way back)" if ways and f.file not in ways else "" for f in self.pending
        }
        return [f"{file}{mark}" for file, mark in marks.items()]

    def _checks(self) -> list[Check]:
        return checks.of_schema(self._directory, self.inputs.get("collection", ""))

    async def _lint(self, rules: lint.Rules, major: int) -> list[lint.Finding]:
        """Without squawk a stack that refuses nothing goes on."""
        try:
            return await lint.of_migrations(self._directory, self.pending, rules, major)
        except ToolMissing as error:
            if "refuse" in rules.values():
                raise
            await self.context.warn(f"the migrations were not linted: {error}")
            return []


def _would_fail(found: Sequence[Result]) -> str:
    said = "\n".join(f"  {result}" for result in found)
    return f"checks fail once the pending files have run. Nothing was changed.\n{said}"


_MANY = 60


def _shortened(found: Sequence[Effect]) -> list[str]:
    """Each effect once; the harmless ones of a long list are counted only."""
    once = {str(effect): effect for effect in found}
    if len(once) <= _MANY:
        return list(once)
    kept = [line for line, effect in once.items() if effect.needs_approval]
    return [*kept, f"and {len(once) - len(kept)} effects that destroy nothing"]
