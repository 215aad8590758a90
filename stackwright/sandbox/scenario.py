"""What a fresh sandbox contains: a folder with `scenario.yaml`, read once when the state is new."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackwright.sandbox.world import World

_KIND = "sandbox.scenario"
_FOLDER = Path(__file__).parent / "scenarios"


class UnknownScenarioError(Exception):
    """There is no scenario of that name."""


@dataclass(frozen=True)
class Scenario:
    """A scenario: its folder and, by vendor, what is there from the start."""

    name: str
    folder: Path
    parts: dict[str, dict[str, Any]]

    def part(self, vendor: str) -> dict[str, Any]:
        """What a vendor ("render", "supabase", "stripe") starts with."""
        return self.parts.get(vendor) or {}


def load(name: str) -> Scenario:
    """The scenario called `name`, or in the folder of that path."""
    folder = _FOLDER / name if "/" not in name else Path(name).resolve()
    path = folder / "scenario.yaml"
    if not path.is_file():
        known = ", ".join(sorted(entry.parent.name for entry in _FOLDER.glob("*/scenario.yaml")))
        raise UnknownScenarioError(
            f"There is no scenario {name!r}: choose one of {known}, or give the path of a folder"
            " with a scenario.yaml."
        )
    return Scenario(name, folder, yaml.safe_load(path.read_text()) or {})


def of(world: World) -> Scenario:
    """The scenario that this sandbox was made from."""
    stored = world.store.get(_KIND, "this")
    return load(stored["name"] if stored else "default")


def remember(world: World, scenario: Scenario) -> None:
    """Note which scenario the sandbox was made from."""
    world.store.put(_KIND, "this", {"name": scenario.name})


def is_new(world: World) -> bool:
    """Whether no scenario has been put into this sandbox yet."""
    return world.store.get(_KIND, "this") is None
