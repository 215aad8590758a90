from collections.abc import Iterator
from pathlib import Path

import pytest

from stackwright.sandbox.world import World, memory_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = memory_world(tmp_path / "sandbox")
    yield world
    world.close()
