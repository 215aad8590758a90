"""What took how long when it was first measured on a stack: later runs are held against it.

Kept in `.stackwright/timings/<stack>.json`, seconds by name: of one machine, as times are.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from stackwright.files import replace_text

TOLERANCE, NOISE = 2.0, 0.05
"""Slower: more than so many times the baseline, and by more than so many seconds."""


def is_worse(seconds: float, baseline: float) -> bool:
    """Whether a time is worse than the baseline beyond what varies anyway."""
    return seconds > baseline * TOLERANCE and seconds > baseline + NOISE


@dataclass
class Baseline:
    """The times of one stack. `taken`: those that this run measures for the first time."""

    path: Path
    known: dict[str, float] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, stack: str, *, renew: bool = False) -> Self:
        """That of a stack below the project's folder; empty when there is none, or to renew it."""
        path = folder / ".stackwright" / "timings" / f"{stack.rpartition('/')[2]}.json"
        known = {} if renew or not path.is_file() else json.loads(path.read_text())
        return cls(path, known)

    def compare(self, what: str, seconds: float) -> float | None:
        """The time to compare with; without one this time is taken, the longest of the run."""
        if what not in self.known:
            self.taken[what] = max(seconds, self.taken.get(what, 0.0))
        return self.known.get(what)

    def save(self) -> None:
        """Keep what was taken; nothing is written when nothing was."""
        if self.taken:
            replace_text(self.path, json.dumps(self.known | self.taken, indent=2) + "\n")
