"""The findings of squawk, a linter for PostgreSQL migrations, on files of ours.

https://squawkhq.com/docs: rules that our own engine makes needless are left out (its timeouts,
and guards against a second run of a file). A stack may refuse, report or leave out each rule;
what it says nothing of is reported.
"""

import asyncio
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stackwright import toolchain
from stackwright.errors import Refused, StackwrightError, UserInput
from stackwright.sql.migration import Migration

NEEDLESS = ("prefer-robust-stmts", "require-lock-timeout", "require-statement-timeout")
Action = Literal["refuse", "warn", "ignore"]
Rules = Mapping[str, Action]


@dataclass(frozen=True)
class Finding:
    """A rule of squawk that a line of a file breaks; `level` is `error` for what is no SQL."""

    file: str
    line: int
    column: int
    level: str
    rule: str
    message: str
    help: str = ""

    def __str__(self) -> str:
        advice = f" {self.help}" if self.help else ""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place} {self.level} {self.rule}: {self.message}{advice}"


def lint(
    files: Sequence[Path], *, in_transaction: bool, major: int = 17, rules: Rules | None = None
) -> list[Finding]:
    """The findings on files, in their order.

    Raises `ToolMissing`, `UserInput` for a rule that squawk does not know, `StackwrightError`.
    """
    if not files:
        return []
    done = subprocess.run(
        [*_arguments(in_transaction, major, rules or {}), *map(str, files)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    except ValueError:
        raise StackwrightError(f"squawk failed: {done.stderr.strip()[-300:]}") from None
    if not found and done.returncode:
        raise UserInput(f"squawk does not take this: {done.stderr.strip().partition(chr(10))[0]}")
    return [_finding(item) for item in found]


def _arguments(in_transaction: bool, major: int, rules: Rules) -> list[str]:
    ignored = [*NEEDLESS, *(rule for rule, action in rules.items() if action == "ignore")]
    wanted = [rule for rule, action in rules.items() if action != "ignore"]
    excluded = [rule for rule in ignored if rule not in wanted]
    return [
        str(toolchain.squawk()),
        "--reporter=json",
        f"--pg-version={major}",
        f"--exclude={','.join(excluded)}",
        *([f"--include={','.join(wanted)}"] if wanted else []),
        *(["--assume-in-transaction"] if in_transaction else []),
    ]


async def of_migrations(
    directory: Path, files: Sequence[Migration], rules: Rules, major: int = 17
) -> list[Finding]:
    """The findings on some files of a folder; squawk is told which run in a transaction."""
    found: list[Finding] = []
    for transactional in (True, False):
        chosen = [directory / f.file for f in files if f.transactional == transactional]
        found += await asyncio.to_thread(
            lint, chosen, in_transaction=transactional, major=major, rules=rules
        )
    return found


def refuse(findings: Sequence[Finding], rules: Rules) -> None:
    """Raise `Refused` for the findings of rules that the stack refuses."""
    refused = [finding for finding in findings if rules.get(finding.rule) == "refuse"]
    if refused:
        said = "\n".join(f"  {finding}" for finding in refused)
        raise Refused(f"the stack's `lint` refuses this. Nothing was run.\n{said}")


def _finding(item: dict[str, Any]) -> Finding:
    return Finding(
        Path(item["file"]).name,
        item["line"] + 1,
        item["column"] + 1,
        item["level"].lower(),
        item["rule_name"],
        item["message"].rstrip("."),
        item.get("help") or "",
    )
