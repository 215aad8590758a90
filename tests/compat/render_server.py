"""The Render stand-in on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackwright.sandbox.clock import SystemClock
from stackwright.sandbox.render import routes
from stackwright.sandbox.world import World, memory_world
from tests.compat.serving import serving


@contextmanager
def stand_in(root: Path) -> Iterator[World]:
    """A running stand-in without services; its address is `world.urls["render"]`."""
    world = memory_world(root, SystemClock())
    world.set_setting("render.queue_seconds", 0)
    with serving(world, {"render": routes.app}):
        yield world
