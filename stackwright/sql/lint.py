"""The findings of squawk, a linter for PostgreSQL migrations, on files of ours.

https://squawkhq.com/docs: rules that our own engine makes needless are left out (its timeouts,
and guards against a second run of a file).
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackwright import toolchain
from stackwright.errors import StackwrightError

NEEDLESS = ("prefer-robust-stmts", "require-lock-timeout", "require-statement-timeout")


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


def lint(files: Sequence[Path], *, in_transaction: bool, major: int = 17) -> list[Finding]:
    """The findings on files, in their order; raises `ToolMissing`, `StackwrightError`."""
    if not files:
        return []
    argv = [str(toolchain.squawk()), "--reporter", "json", f"--pg-version={major}",
            f"--exclude={','.join(NEEDLESS)}"]  # fmt: skip
    argv += ["--assume-in-transaction"] if in_transaction else []
    done = subprocess.run(
        [*argv, *map(str, files)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    except ValueError:
        raise StackwrightError(f"squawk failed: {done.stderr.strip()[-300:]}") from None
    return [_finding(item) for item in found]


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
