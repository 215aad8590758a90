"""A sandbox in memory with the plugin in front of it: no sleep, and no socket but a service's.

Builds, functions and web services of the product are real and take real time; the plugin's waits
for them move the sandbox's clock and end after a moment.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from stackwright.plugin.servicer import Servicer
from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.clock import Clock
from stackwright.sandbox.world import World, memory_world
from tests.engine import Engine

Scene = Callable[[], Awaitable[None]]
LONGEST_NAP = 0.02


class WaitingClock:
    """The plugin's clock: it sleeps for a moment only, and the sandbox's time passes instead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, LONGEST_NAP))
        self._clock.advance(seconds)


@dataclass
class Log:
    """The engine's log: what a user would read."""

    lines: list[str] = field(default_factory=list)

    async def log(
        self, urn: str, text: str, *, level: str = "info", ephemeral: bool = False
    ) -> None:
        self.lines.append(f"{'status' if ephemeral else level}: {text}")

    def __contains__(self, part: str) -> bool:
        return any(part in line for line in self.lines)


@dataclass
class Bench:
    """A world, an engine over it, what users read, and a count of what vendors were asked."""

    world: World
    engine: Engine
    log: Log
    apps: dict[str, Starlette]

    def writes(self, path: str = "") -> int:
        """Requests that changed something so far; only those whose path fits, if one is given."""
        entries = self.world.journal.entries()
        return sum(1 for entry in entries if entry.write and re.search(path, entry.path))

    def requests(self) -> int:
        return len(self.world.journal.entries())

    def run(self, scene: Scene) -> None:
        """Play a scene with the stand-ins started, and end all that they started."""
        asyncio.run(self._run(scene))

    async def _run(self, scene: Scene) -> None:
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            stack.push_async_callback(self.world.processes.stop_all)
            await scene()


def bench(root: Path, apps: dict[str, Callable[[World], Starlette]], **environment: str) -> Bench:
    """`apps`: vendor to the function that builds its stand-in; `probes` is the product itself."""
    world = memory_world(root)
    world.urls.update({name: f"http://{name}.test" for name in (*apps, "gateway")})
    made = {vendor: make(world) for vendor, make in apps.items()}
    transports = {
        vendor: in_process(vendor_app(world, vendor, app)) for vendor, app in made.items()
    }
    variables = credentials(world, *apps) | environment
    log = Log()

    def start() -> Servicer:
        return Servicer(
            log,
            environment=variables,
            transports=transports.get,
            clock=WaitingClock(world.clock),
            root=root,
        )

    return Bench(world, Engine(start), log, made)


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


def everything(bench: Bench) -> str:
    """All that is kept or shown: state as the engine would write it, and the log."""
    return f"{bench.engine.state!r}\n" + "\n".join(bench.log.lines)


def hidden(value: Any) -> Any:
    """A value as a program passes a secret."""
    from stackwright.values import Secret

    return Secret(value)
