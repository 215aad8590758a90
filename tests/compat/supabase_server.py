"""The Supabase stand-in on real sockets: Management API and gateway over one project."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackwright.sandbox.clock import SystemClock
from stackwright.sandbox.supabase import gateway, projects, routes
from stackwright.sandbox.world import World, memory_world
from tests.compat.serving import serving

REF = "voipacceleratordevaa"


@contextmanager
def stand_in(root: Path) -> Iterator[World]:
    """A running stand-in with a project and its database; addresses are in `world.urls`."""
    world = memory_world(root, SystemClock())
    projects.add(
        world,
        "voip-accelerator-dev",
        "us-east-1",
        world.credentials("supabase")["db_password"],
        ref=REF,
    )
    with serving(world, {"supabase": routes.app, "gateway": gateway.app}):
        assert projects.get(world, REF)["status"] == projects.HEALTHY
        yield world
