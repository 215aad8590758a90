"""Runs each edge function as a Deno process of its own: started at the first call, kept warm,
started anew when its version or a secret has changed."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackwright import toolchain
from stackwright.sandbox.supabase import (
    bundles,
    databases,
    function_secrets,
    functions,
    projects,
)
from stackwright.sandbox.world import World

BOOT_SECONDS = 20.0
DRAIN_SECONDS = 10.0
_POLL = 0.01
_PRELOAD = Path(__file__).with_name("edge_runtime.ts")


class BootError(Exception):
    """The function's process ended, or never listened; its log says why."""


@dataclass
class Worker:
    """The process of one function. `fingerprint` is of all that it was started with."""

    fingerprint: str = ""
    calls: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle: asyncio.Event = field(default_factory=asyncio.Event)


class Runtime:
    """The processes of all functions in a sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._workers: dict[str, Worker] = {}

    async def acquire(self, project: dict[str, Any], slug: str) -> tuple[str, Worker]:
        """The base URL of the function's process, which stays until `release` of the worker.

        The process runs with the present version and secrets. Raises BootError.
        """
        function = functions.find(self._world, project["ref"], slug)
        name = process_name(project["ref"], slug)
        worker = self._workers.setdefault(name, Worker())
        async with worker.lock:
            await self._renew(worker, name, project, function)
            worker.calls += 1
        return f"http://127.0.0.1:{self._world.processes.port(name)}", worker

    def release(self, worker: Worker) -> None:
        """A call has ended."""
        worker.calls -= 1
        if worker.calls == 0:
            worker.idle.set()

    async def stop(self) -> None:
        """Stop every function's process."""
        names = list(self._workers)
        self._workers.clear()
        await asyncio.gather(*(self._world.processes.stop(name) for name in names))

    async def _renew(
        self, worker: Worker, name: str, project: dict[str, Any], function: functions.Function
    ) -> None:
        """Make sure that the present version runs; calls under way on the old one may end first."""
        environment = self._environment(project, function)
        fingerprint = _fingerprint(function, environment)
        if worker.fingerprint == fingerprint and self._world.processes.running(name):
            return
        await _drained(worker)
        worker.fingerprint = ""
        await self._start(name, function, environment)
        worker.fingerprint = fingerprint

    async def _start(
        self, name: str, function: functions.Function, environment: dict[str, str]
    ) -> None:
        processes = self._world.processes
        port = processes.port(name)
        bundle = functions.bundle_of(self._world, function)
        technical = bundles.deno_environment() | {"DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}"}
        await processes.start(
            name, self._argv(bundle), env=environment | technical, cwd=bundle.source, grace=5.0
        )
        for _ in range(int(BOOT_SECONDS / _POLL)):
            if await _listens(port):
                return
            if not processes.running(name):
                break
            await asyncio.sleep(_POLL)
        await processes.stop(name)
        raise BootError(name)

    def _argv(self, bundle: bundles.Bundle) -> list[str]:
        """Deno's command. Functions reach this machine only, unless the sandbox is told so."""
        net = self._world.setting("supabase.functions_net", "127.0.0.1,localhost")
        return [
            str(toolchain.deno()),
            "run",
            "--quiet",
            "--no-prompt",
            "--cached-only",
            "--no-lock",
            "--node-modules-dir=none",
            f"--config={bundle.config}",
            f"--preload={_PRELOAD}",
            "--allow-env",
            "--allow-sys",
            f"--allow-net={net}",
            f"--allow-read={bundle.source}",
            str(bundle.main),
        ]

    def _environment(self, project: dict[str, Any], function: functions.Function) -> dict[str, str]:
        """What the function sees: the sandbox's Stripe, the user's secrets, the vendor's own."""
        world, ref = self._world, project["ref"]
        own = {
            "SUPABASE_URL": projects.url(world, ref),
            "SUPABASE_ANON_KEY": projects.anon_key(project),
            "SUPABASE_SERVICE_ROLE_KEY": projects.service_role_key(project),
            "SUPABASE_DB_URL": databases.server(world, project).dsn(),
            "SB_REGION": project["region"],
            "SB_EXECUTION_ID": function["id"],
            "DENO_DEPLOYMENT_ID": f"{ref}_{function['id']}_{function['version']}",
        }
        stripe = {"STRIPE_API_BASE": world.urls.get("stripe", "")}
        return stripe | function_secrets.values(world, ref) | own


def process_name(ref: str, slug: str) -> str:
    """The name under which the function's process, port and log are kept."""
    return f"function {ref} {slug}"


async def forget(world: World, ref: str, slug: str) -> None:
    """Stop the process of a function that is no more and give up its port."""
    name = process_name(ref, slug)
    await world.processes.stop(name)
    world.processes.ports.release(name)


def _fingerprint(function: functions.Function, environment: dict[str, str]) -> str:
    parts = [function["ezbr_sha256"], function["version"], environment]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


async def _drained(worker: Worker) -> None:
    if worker.calls == 0:
        return
    worker.idle.clear()
    try:
        await asyncio.wait_for(worker.idle.wait(), DRAIN_SECONDS)
    except TimeoutError:
        return


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
