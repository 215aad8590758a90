"""Approvals: a person allowed one file, in one form, on one stack, and says who and why.

config:
  shop:approvals:
    20261201000000_drop_notes.sql:
      sha256: 9f86d0...
      by: Ada Lovelace
      why: notes moved to documents in 20261101000000; nobody reads the table
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from typing_extensions import TypedDict

from stackwright.errors import UserInput
from stackwright.schema import nested
from stackwright.sql.migration import Migration

KEY = "approvals"
_BLANK = re.compile(r"^\s*(<.*>|\.*|-*|\?*|tbd|todo|xxx)\s*$", re.IGNORECASE)


@nested
class ApprovalInput(TypedDict):
    """The file's SHA-256 as `sql.files()` has it, who allows it, and why."""

    sha256: str
    by: str
    why: str


@dataclass(frozen=True)
class Approval:
    """A yes to one file in one form."""

    sha256: str
    by: str
    why: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From a configuration; what is missing is empty, and no approval."""
        return cls(*(str(given.get(name) or "") for name in ("sha256", "by", "why")))

    def objection(self, file: Migration) -> str:
        """Why it does not allow `file`; empty when it does."""
        if self.sha256.lower() != file.checksum:
            return "its approval is for another form of the file: read it again"
        if is_blank(self.by):
            return "its approval does not say who allows it"
        return "its approval does not say why" if is_blank(self.why) else ""


def is_blank(text: str) -> bool:
    """Whether a name or a reason was left out, or left as it was printed."""
    return _BLANK.match(text) is not None


def read(given: Mapping[str, Any] | None) -> dict[str, Approval]:
    """File name to approval."""
    return {
        file: Approval.of(approval)
        for file, approval in (given or {}).items()
        if isinstance(approval, Mapping)
    }


def lines(project: str, files: Sequence[Migration]) -> str:
    """What to add to `Pulumi.<stack>.yaml`; who and why are for a person to fill in."""
    said = ["config:", f"  {project or 'PROJECT'}:{KEY}:"]
    for file in files:
        said += [
            f"    {file.file}:",
            f"      sha256: {file.checksum}",
            "      by: <your name>",
            "      why: <why this may be lost>",
        ]
    return "\n".join(said)


def of_stack(folder: Path, project: str, stack: str) -> dict[str, Approval]:
    """The approvals in `Pulumi.<stack>.yaml`; none without the file."""
    return read(configured(folder, stack, f"{project}:{KEY}"))


def configured(folder: Path, stack: str, key: str) -> Any:
    """A value in `Pulumi.<stack>.yaml`; none without the file. Secret ones are ciphertext."""
    import yaml

    path = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not path.is_file():
        return None
    try:
        content = yaml.safe_load(path.read_text()) or {}
        return (content.get("config") or {}).get(key)
    except (yaml.YAMLError, AttributeError) as error:
        raise UserInput(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None
