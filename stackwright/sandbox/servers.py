"""Loopback HTTP servers that can stop and start again without giving up their port."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp


class PortTakenError(Exception):
    """Another program listens on a port that the sandbox has chosen before."""


class Server:
    """One application on one port. Between `stop` and `start` clients wait in the backlog."""

    def __init__(self, name: str, port: int, build: Callable[[], ASGIApp]) -> None:
        self.name = name
        self.port = port
        self._build = build
        self._socket = _listen(name, port)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Build the application, run its start-up and serve. Raises what the start-up raised."""
        config = uvicorn.Config(
            self._build(), log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
        self._server = _Quiet(config)
        # uvicorn closes the sockets it is given; the listening one stays ours.
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket.dup()]))
        while not self._server.started and not self._task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if self._task.done():
            await self._task
            raise RuntimeError(f"the {self.name} stand-in did not start; the log says why")

    async def stop(self) -> None:
        """Finish running requests and run the application's shut-down."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._server = self._task = None

    def close(self) -> None:
        """Give up the port."""
        self._socket.close()


class _Quiet(uvicorn.Server):
    """Signals belong to the daemon, not to each of its servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(name: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"Port {port} of the sandbox's {name} server is taken by another program: end that"
            " program, or run `stackwright sandbox start --new-ports`."
        ) from None
    listener.listen(256)
    return listener
