"""Marks every test with its layer, which is the first folder under `tests/`."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
LAYERS = {"unit", "sandbox", "compat", "examples", "e2e", "accidents"}
pytest_plugins = ["tests.e2e.browser", "tests.e2e.fixtures"]  # one converged sandbox for two layers

# No test looks at the time, and neither does the search for examples: machines are shared.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def layer_of(path: Path) -> str | None:
    """The layer that a test file belongs to, or None for a file outside the layers."""
    first = path.relative_to(ROOT).parts[0]
    return first if first in LAYERS else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if layer := layer_of(item.path):
            item.add_marker(layer)
