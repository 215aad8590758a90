"""Wraps a vendor's routes with what every stand-in has: the request journal and the faults."""

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from stackwright.sandbox.faults import ABORT, ConnectionLost, FaultMiddleware
from stackwright.sandbox.journal import JournalMiddleware
from stackwright.sandbox.world import World


def vendor_app(world: World, vendor: str, app: ASGIApp) -> ASGIApp:
    """`app` behind the journal and the faults of `world`.

    In tests: `httpx.AsyncClient(transport=in_process(vendor_app(...)), base_url="http://x")`.
    """
    faulty = FaultMiddleware(app, world.faults, vendor, world.clock)
    return ConnectionMiddleware(JournalMiddleware(faulty, world.journal, vendor))


class ConnectionMiddleware:
    """Lets the faults cut a real connection, for which ASGI has no word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's `send` is a method of the object that holds the connection.
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope[ABORT] = transport.abort
        await self._app(scope, receive, send)


def in_process(app: ASGIApp) -> httpx.AsyncBaseTransport:
    """An httpx transport that calls `app` without a socket; a cut connection is httpx's error."""
    return _InProcess(app)


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionLost as error:
            raise httpx.ReadError(str(error), request=request) from error
