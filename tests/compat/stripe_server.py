"""The Stripe stand-in on a real socket, and a real endpoint that webhooks arrive at."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import uvicorn

from stackwright.sandbox.app import vendor_app
from stackwright.sandbox.clock import SystemClock
from stackwright.sandbox.stripe.routes import app
from stackwright.sandbox.world import World, memory_world


@contextmanager
def stand_in(root: Path) -> Iterator[World]:
    """A running stand-in; its address is `world.urls["stripe"]`."""
    world = memory_world(root, SystemClock())
    listener = socket.create_server(("127.0.0.1", 0))
    world.urls["stripe"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
    starlette = app(world)
    config = uvicorn.Config(
        vendor_app(world, "stripe", starlette), log_level="error", lifespan="on", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), name="stripe", daemon=True
    )
    thread.start()
    try:
        yield world
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        world.close()


Arrival = tuple[dict[str, str], bytes]
"""Headers (small letters) and body of a webhook."""


@contextmanager
def endpoint() -> Iterator[tuple[str, "Queue[Arrival]"]]:
    """The URL of an endpoint that answers 200, and what has arrived there."""
    arrivals: Queue[Arrival] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            arrivals.put(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", arrivals
        server.shutdown()
        thread.join(timeout=10)
