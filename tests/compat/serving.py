"""Stand-ins on real sockets, in a thread of their own: clients of other people drive them."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from stackwright.sandbox.app import vendor_app
from stackwright.sandbox.world import World

Build = Callable[[World], Starlette]


@contextmanager
def serving(world: World, apps: dict[str, Build]) -> Iterator[None]:
    """Serve the stand-ins of these names for a block; addresses are in `world.urls`."""
    listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in apps}
    for name, listener in listeners.items():
        world.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
    servers = {name: _server(world, name, build(world)) for name, build in apps.items()}
    thread = threading.Thread(target=lambda: asyncio.run(_serve(servers, listeners)), daemon=True)
    thread.start()
    try:
        assert all(server.ready.wait(timeout=60) for server in servers.values())
        yield
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
