"""The Supabase stand-in on real sockets: Management API and gateway over one project."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from stackwright.sandbox.app import vendor_app
from stackwright.sandbox.clock import SystemClock
from stackwright.sandbox.supabase import gateway, projects, routes
from stackwright.sandbox.world import World, memory_world

REF = "voipacceleratordevaa"


@contextmanager
def stand_in(root: Path) -> Iterator[World]:
    """A running stand-in with a project and its database; addresses are in `world.urls`."""
    world = memory_world(root, SystemClock())
    listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ("supabase", "gateway")}
    for name, listener in listeners.items():
        world.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
    projects.add(
        world,
        "voip-accelerator-dev",
        "us-east-1",
        world.credentials("supabase")["db_password"],
        ref=REF,
    )
    apps = {"supabase": routes.app(world), "gateway": gateway.app(world)}
    servers = {name: _server(world, name, app) for name, app in apps.items()}
    thread = threading.Thread(target=lambda: asyncio.run(_serve(servers, listeners)), daemon=True)
    thread.start()
    try:
        assert all(server.ready.wait(timeout=60) for server in servers.values())
        assert projects.get(world, REF)["status"] == projects.HEALTHY
        yield world
    finally:
        for server in servers.values():
            server.should_exit = True
        thread.join(timeout=30)
        for listener in listeners.values():
            listener.close()
        world.close()


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _server(world: World, name: str, app: Starlette) -> _Server:
    wrapped = vendor_app(world, name, app)
    return _Server(uvicorn.Config(wrapped, log_level="error", lifespan="on", ws="none"))


async def _serve(servers: dict[str, _Server], listeners: dict[str, socket.socket]) -> None:
    await asyncio.gather(
        *(server.serve(sockets=[listeners[name]]) for name, server in servers.items())
    )
