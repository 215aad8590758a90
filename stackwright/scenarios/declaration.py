"""What a scenario is, how a product declares one, and how those of a folder are found."""

import importlib
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stackwright.errors import StackwrightError, UserInput

if TYPE_CHECKING:
    from stackwright.scenarios.stage import Stage

Effect = Literal["reads", "writes", "pays"]
"""`reads` changes nothing; `writes` makes something marked and removes it; `pays` buys as well."""
Play = Callable[["Stage"], Awaitable[None]]


class Wrong(StackwrightError):
    """Something is not as the scenario expects it; the text says what was found."""


class Cannot(StackwrightError):
    """The scenario cannot be played on this stack; the text says why."""


def expect(right: bool, otherwise: str) -> None:
    """Raise `Wrong` with this sentence unless it is right."""
    if not right:
        raise Wrong(otherwise)


@dataclass(frozen=True)
class Scenario:
    """One declared scenario. `covers`: the requirements that it shows."""

    id: str
    title: str
    play: Play
    effect: Effect = "reads"
    covers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.id} {self.title}"


def scenario(
    id: str, title: str, *, effect: Effect = "reads", covers: Iterable[str] = ()
) -> Callable[[Play], Play]:
    """Declare the coroutine below it as a scenario."""

    def declare(play: Play) -> Play:
        play.__dict__["scenario"] = Scenario(id, title, play, effect, tuple(covers))
        return play

    return declare


def load(folder: Path) -> list[Scenario]:
    """Those of a folder of modules, by file name and place; raises `UserInput` for a twin."""
    names = [path.stem for path in sorted(folder.glob("[!_]*.py"))]
    if names and str(folder.parent.resolve()) not in sys.path:
        sys.path.insert(0, str(folder.parent.resolve()))
    found: dict[str, Scenario] = {}
    for name in names:
        for one in _declared(f"{folder.name}.{name}"):
            if one.id in found:
                raise UserInput(f"{folder.name}/{name}.py: scenario {one.id} is declared twice")
            found[one.id] = one
    return list(found.values())


def _declared(module: str) -> list[Scenario]:
    members = vars(importlib.import_module(module)).values()
    marked = [getattr(member, "__dict__", {}).get("scenario") for member in members]
    return [one for one in marked if isinstance(one, Scenario)]
