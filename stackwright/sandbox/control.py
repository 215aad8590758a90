"""The control API under /_sandbox/ and the page: what only a sandbox can do.

Loopback only, and closed to other web sites that a person's browser may have open.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from stackwright.sandbox import page
from stackwright.sandbox.faults import Fault
from stackwright.sandbox.scenario import UnknownScenarioError
from stackwright.sandbox.world import World

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


class Controlled(Protocol):
    """What the control API needs of the running sandbox."""

    world: World

    def status(self) -> dict[str, Any]: ...
    async def reset(self, scenario_name: str, *, keep_identity: bool = False) -> None: ...
    async def snapshot(self, name: str) -> None: ...
    async def restore(self, name: str) -> None: ...


Handler = Callable[[Controlled, Request], Awaitable[Response]]


def app(sandbox: Controlled) -> Starlette:
    """The page's server with the control API."""

    def route(path: str, handler: Handler, method: str) -> Route:
        async def call(request: Request) -> Response:
            return await handler(sandbox, request)

        return Route(path, call, methods=[method])

    routes = [route(f"/_sandbox/{path}", handler, method) for method, path, handler in _ROUTES]
    return Starlette(
        routes=[*routes, *page.routes(sandbox)],
        middleware=[Middleware(LocalOnly)],
        exception_handlers={HTTPException: _explain},  # type: ignore[dict-item]
    )


class LocalOnly:
    """Refuses requests that carry another site's name: a browser page elsewhere sent them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_local(Request(scope)):
            refusal = PlainTextResponse("The sandbox answers only to this machine.\n", 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_local(request: Request) -> bool:
    host = urlsplit("//" + request.headers.get("host", "")).hostname
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    return host in _LOCAL


async def _status(sandbox: Controlled, _request: Request) -> Response:
    return JSONResponse(sandbox.status())


async def _reset(sandbox: Controlled, request: Request) -> Response:
    body = await _body(request, {"scenario": "default", "keep_identity": False})
    try:
        await sandbox.reset(body["scenario"], keep_identity=body["keep_identity"])
    except UnknownScenarioError as error:
        raise HTTPException(400, str(error)) from None
    return JSONResponse(sandbox.status())


async def _snapshot(sandbox: Controlled, request: Request) -> Response:
    await _named(sandbox.snapshot, request)
    return Response(status_code=204)


async def _restore(sandbox: Controlled, request: Request) -> Response:
    await _named(sandbox.restore, request)
    return Response(status_code=204)


async def _named(act: Callable[[str], Awaitable[None]], request: Request) -> None:
    name = request.path_params["name"]
    try:
        await act(name)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    except FileNotFoundError:
        raise HTTPException(404, f"there is no snapshot called {name!r}") from None


async def _faults(sandbox: Controlled, _request: Request) -> Response:
    return JSONResponse([asdict(fault) for fault in sandbox.world.faults.all()])


async def _add_fault(sandbox: Controlled, request: Request) -> Response:
    defaults = {key: value for key, value in asdict(Fault("status")).items() if key != "id"}
    body = await _body(request, defaults)
    try:
        fault = sandbox.world.faults.add(Fault(**body))
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return JSONResponse(asdict(fault), 201)


async def _clear_faults(sandbox: Controlled, _request: Request) -> Response:
    sandbox.world.faults.clear()
    return Response(status_code=204)


async def _journal(sandbox: Controlled, request: Request) -> Response:
    entries = sandbox.world.journal.entries(_mark(request.query_params.get("since")))
    return JSONResponse([entry.as_dict() for entry in entries])


def _mark(text: str | None) -> str | None:
    if text is not None and not text.isdigit():
        raise HTTPException(400, "a mark is what `stackwright sandbox journal --mark` printed")
    return text


async def _journal_mark(sandbox: Controlled, _request: Request) -> Response:
    return JSONResponse({"mark": sandbox.world.journal.mark()})


async def _advance(sandbox: Controlled, request: Request) -> Response:
    body = await _body(request, {"seconds": 0.0})
    sandbox.world.clock.advance(float(body["seconds"]))
    return JSONResponse({"now": sandbox.world.clock.now()})


async def _set_setting(sandbox: Controlled, request: Request) -> Response:
    body = await _body(request, {"value": None})
    sandbox.world.set_setting(request.path_params["name"], body["value"])
    return Response(status_code=204)


async def _body(request: Request, defaults: dict[str, Any]) -> dict[str, Any]:
    """The JSON body over its defaults; unknown fields are refused."""
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise HTTPException(400, "the body is not JSON") from None
    unknown = set(body) - set(defaults) if isinstance(body, dict) else {"(not an object)"}
    if unknown:
        known = ", ".join(defaults)
        raise HTTPException(400, f"unknown: {', '.join(sorted(unknown))}; known: {known}")
    return defaults | body


async def _explain(_request: Request, error: HTTPException) -> Response:
    return JSONResponse({"message": error.detail}, error.status_code)


_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "status", _status),
    ("POST", "reset", _reset),
    ("POST", "snapshots/{name}", _snapshot),
    ("POST", "snapshots/{name}/restore", _restore),
    ("GET", "faults", _faults),
    ("POST", "faults", _add_fault),
    ("DELETE", "faults", _clear_faults),
    ("GET", "journal", _journal),
    ("GET", "journal/mark", _journal_mark),
    ("POST", "clock", _advance),
    ("PUT", "settings/{name}", _set_setting),
]
