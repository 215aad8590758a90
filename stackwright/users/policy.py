"""What a stack's file says of its users: kept, as ever, or wiped, and what a person vouches for.

config:
  shop:user_policy: wipe
  shop:wipe:
    project: Shop production        # the name that Supabase shows
    notices:
      T-7: {sent: "2026-11-20", by: Ada Lovelace}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

from stackwright.errors import UserInput
from stackwright.sql.approval import is_blank

PRESERVE, WIPE = "preserve", "wipe"


@dataclass(frozen=True)
class Notice:
    """Users were told on this day, and who says so."""

    sent: str
    by: str

    def objection(self, days: int, today: date) -> str:
        """Why it does not do for a wipe that needs it `days` before; empty when it does."""
        try:
            sent = date.fromisoformat(self.sent)
        except ValueError:
            return "has no day in the form 2026-11-20 (sent)"
        if is_blank(self.by):
            return "does not say who confirms it (by)"
        ago = (today - sent).days
        return "" if ago >= days else f"went out {ago} days ago instead of {days}"


@dataclass(frozen=True)
class Policy:
    """`project`: the vendor's name of the project that is meant."""

    users: str = PRESERVE
    project: str = ""
    notices: Mapping[str, Notice] = field(default_factory=dict)

    @classmethod
    def of(cls, users: Any, wipe: Any) -> Self:
        """From a configuration; what is missing is empty and allows nothing."""
        wipe = wipe if isinstance(wipe, Mapping) else {}
        notices = wipe.get("notices")
        return cls(
            str(users or PRESERVE),
            str(wipe.get("project") or ""),
            {
                str(name): Notice(str(given.get("sent") or ""), str(given.get("by") or ""))
                for name, given in (notices if isinstance(notices, Mapping) else {}).items()
                if isinstance(given, Mapping)
            },
        )


def of_stack(folder: Path, project: str, stack: str) -> Policy:
    """The policy in `Pulumi.<stack>.yaml`, as it is now; raises `UserInput`."""
    import yaml

    path = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not path.is_file():
        return Policy()
    try:
        config = (yaml.safe_load(path.read_text()) or {}).get("config") or {}
        return Policy.of(config.get(f"{project}:user_policy"), config.get(f"{project}:wipe"))
    except (yaml.YAMLError, AttributeError) as error:
        raise UserInput(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None
