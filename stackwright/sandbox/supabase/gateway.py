"""The address of the projects themselves: functions and auth of each below /{ref}.

At the vendor every project has a host name of its own; on loopback all share one port and the first
part of the path is the ref. The Data API, storage and realtime are absent and say so.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.supabase import auth_handlers, functions, projects, runtime, tokens
from stackwright.sandbox.supabase.auth_errors import AuthError
from stackwright.sandbox.supabase.errors import ApiError, NotFoundError
from stackwright.sandbox.world import World

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# The gateway answers these itself for its own services; functions answer for themselves.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": ", ".join(METHODS),
    "access-control-allow-headers": (
        "authorization, x-client-info, apikey, content-type, x-supabase-api-version, prefer"
    ),
    "access-control-expose-headers": "content-range, content-profile, x-total-count",
    "access-control-max-age": "3600",
}
_HOP_BY_HOP = {
    "connection",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
}
# A function may work as long as at the vendor: 150 seconds to the first byte.
_TIMEOUT = {"connect": 5.0, "read": 150.0, "write": 150.0, "pool": 150.0}


def app(world: World) -> Starlette:
    """The gateway over `world`; its lifespan ends the functions' processes."""
    gateway = Gateway(world)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await gateway.close()

    routes = [
        Route("/{ref}/functions/v1/{slug}", gateway.function, methods=METHODS),
        Route("/{ref}/functions/v1/{slug}/{rest:path}", gateway.function, methods=METHODS),
        Route("/{ref}/auth/v1/{rest:path}", gateway.auth, methods=METHODS),
        Route("/{ref}/{service}/v1/{rest:path}", gateway.absent, methods=METHODS),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class Gateway:
    """Sends requests on to the functions' processes and to the auth server."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runtime = runtime.Runtime(world)
        self._transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None))

    async def close(self) -> None:
        """End all functions."""
        await self._runtime.stop()
        await self._transport.aclose()

    async def function(self, request: Request) -> Response:
        """Call a function: token check, then its process, whose answer is streamed back."""
        ref, slug = request.path_params["ref"], request.path_params["slug"]
        try:
            project = projects.get(self._world, ref)
            function = functions.find(self._world, ref, slug)
        except ApiError:
            return _refusal(404, "NOT_FOUND", "Requested function was not found")
        if function["status"] != "ACTIVE":
            return _refusal(404, "NOT_FOUND", "Requested function was not found")
        # A browser asks with OPTIONS and without a token before it sends the real request.
        if function["verify_jwt"] and request.method != "OPTIONS":
            refusal = self._refuse_caller(request, project["jwt_secret"])
            if refusal is not None:
                return refusal
        return await self._call(request, project, slug)

    def _refuse_caller(self, request: Request, secret: str) -> Response | None:
        header = request.headers.get("authorization")
        if header is None:
            return _refusal(401, 401, "Missing authorization header")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return _refusal(401, 401, "Auth header is not 'Bearer {token}'")
        try:
            tokens.verify(token.strip(), secret, self._world.clock.now())
        except tokens.InvalidTokenError:
            return _refusal(401, 401, "Invalid JWT")
        return None

    async def _call(self, request: Request, project: projects.Project, slug: str) -> Response:
        try:
            address, worker = await self._runtime.acquire(project, slug)
        except runtime.BootError:
            words = "Function failed to start (please check logs)"
            return _refusal(503, "BOOT_ERROR", words)
        forwarded = _forwarded(request, address, slug, await request.body())
        upstream = None
        try:
            upstream = await self._transport.handle_async_request(forwarded)
        except httpx.TimeoutException:
            return _refusal(504, "IDLE_TIMEOUT", "Function did not respond in time")
        except httpx.TransportError:
            words = "Function exited due to an error (please check logs)"
            return _refusal(500, "WORKER_ERROR", words)
        finally:
            if upstream is None:
                self._runtime.release(worker)
        return _streamed(upstream, project["region"], lambda: self._runtime.release(worker))

    async def auth(self, request: Request) -> Response:
        """Answer for the auth server, which browsers may ask from anywhere."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=CORS)
        response = await self._auth(request)
        response.headers.update(CORS)
        return response

    async def _auth(self, request: Request) -> Response:
        try:
            project = projects.get(self._world, request.path_params["ref"])
        except ApiError as error:
            return error.response()
        refusal = _refuse_key(request, project)
        if refusal is not None:
            return refusal
        path = request.path_params["rest"].strip("/")
        try:
            return await auth_handlers.answer(
                auth_handlers.AuthCall(self._world, project, request, path)
            )
        except AuthError as error:
            if error.code == "not_found":
                request.state.note = NOT_EMULATED
            return error.response()

    async def absent(self, request: Request) -> Response:
        """Say that a service of the vendor is not part of the sandbox."""
        request.state.note = NOT_EMULATED
        try:
            projects.get(self._world, request.path_params["ref"])
        except NotFoundError as error:
            return error.response()
        service = request.path_params["service"]
        words = f"The sandbox has no {service} service: only functions and auth are emulated."
        return JSONResponse({"message": words}, 501, headers=CORS)


def _refuse_key(request: Request, project: projects.Project) -> Response | None:
    """The gateway's own check: every service but functions wants one of the project's keys."""
    key = request.headers.get("apikey") or request.query_params.get("apikey")
    if key is None:
        hint = "No `apikey` request header or url param was found."
        return JSONResponse({"message": "No API key found in request", "hint": hint}, 401)
    known = (
        projects.anon_key(project),
        projects.service_role_key(project),
        project["publishable_key"],
        project["secret_key"],
    )
    if key not in known:
        hint = "Double check your Supabase `anon` or `service_role` API key."
        return JSONResponse({"message": "Invalid API key", "hint": hint}, 401)
    return None


def _forwarded(request: Request, address: str, slug: str, body: bytes) -> httpx.Request:
    """The request as the function gets it: below /{slug}, as at the vendor."""
    rest = request.path_params.get("rest")
    path = f"/{slug}" if rest is None else f"/{slug}/{rest}"
    query = f"?{request.url.query}" if request.url.query else ""
    headers = [
        (name, value)
        for name, value in request.headers.items()
        if name not in _HOP_BY_HOP and name != "content-length"
    ]
    client = request.client.host if request.client else "127.0.0.1"
    headers += [
        ("x-forwarded-for", client),
        ("x-forwarded-proto", request.url.scheme),
        ("x-forwarded-host", request.headers.get("host", "")),
    ]
    return httpx.Request(
        request.method,
        f"{address}{path}{query}",
        headers=headers,
        content=body,
        extensions={"timeout": _TIMEOUT},
    )


def _streamed(
    upstream: httpx.Response, region: str, release: Callable[[], None]
) -> StreamingResponse:
    """The function's answer, piece by piece; `release` is called at its end or when cut."""

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in upstream.aiter_raw():
                yield piece
        finally:
            await upstream.aclose()
            release()

    response = StreamingResponse(pieces(), status_code=upstream.status_code)
    response.raw_headers = [
        (name.lower(), value)
        for name, value in upstream.headers.raw
        if name.lower().decode() not in _HOP_BY_HOP
    ]
    response.headers["x-sb-edge-region"] = region
    return response


def _refusal(status: int, code: str | int, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status)
