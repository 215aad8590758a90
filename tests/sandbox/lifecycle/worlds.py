"""A sandbox in memory with the plugin in front of it: no process, no socket, no sleep."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from stackwright.clock import ManualClock
from stackwright.plugin.servicer import Servicer
from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.world import World, memory_world
from tests.engine import Engine


@dataclass
class Bench:
    """A world, an engine over it, and a count of what was written at the vendors."""

    world: World
    engine: Engine

    def writes(self) -> int:
        """Requests that changed something so far, at any vendor."""
        return sum(1 for entry in self.world.journal.entries() if entry.write)

    def requests(self) -> int:
        return len(self.world.journal.entries())


def bench(root: Path, apps: dict[str, Callable[[World], object]], **environment: str) -> Bench:
    """`apps`: vendor to the function that builds its stand-in."""
    world = memory_world(root)
    world.urls.update({name: f"http://{name}.test" for name in (*apps, "gateway")})
    transports = {
        vendor: in_process(vendor_app(world, vendor, make(world)))  # type: ignore[arg-type]
        for vendor, make in apps.items()
    }

    def transport(vendor: str) -> httpx.AsyncBaseTransport | None:
        return transports.get(vendor)

    variables = credentials(world, *apps) | environment

    def start() -> Servicer:
        return Servicer(environment=variables, transports=transport, clock=ManualClock(), root=root)

    return Bench(world, Engine(start))


def credentials(world: World, *vendors: str) -> dict[str, str]:
    """The environment that `stackwright sandbox run` gives, for some vendors."""
    variables: dict[str, str] = {}
    if "stripe" in vendors:
        variables["STRIPE_API_KEY"] = world.credentials("stripe")["stripe_test_key"]
        variables["STRIPE_API_BASE"] = "http://stripe.test"
    if "render" in vendors:
        variables["RENDER_API_KEY"] = world.credentials("render")["api_key"]
        variables["RENDER_OWNER_ID"] = f"tea-sandbox{world.sandbox_id}"
        variables["RENDER_HOST"] = "http://render.test/v1"
    if "supabase" in vendors:
        variables["SUPABASE_ACCESS_TOKEN"] = world.credentials("supabase")["access_token"]
        variables["SUPABASE_API_ENDPOINT"] = "http://supabase.test"
    return variables
