"""Which method and path go to which handler; the key check and the rate limits before them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.render import handlers as h
from stackwright.sandbox.render.errors import (
    RenderError,
    UnauthorizedError,
    UnknownRouteError,
    answer,
)
from stackwright.sandbox.render.limits import LimitMiddleware
from stackwright.sandbox.render.render import Render, build
from stackwright.sandbox.world import World

Handler = Callable[[Render, Request], Awaitable[Response]]
_SERVICE = "/services/{service_id}"

TABLE: list[tuple[str, str, Handler]] = [
    ("GET", "/users", h.user),
    ("GET", "/owners", h.list_owners),
    ("GET", "/owners/{owner_id}", h.get_owner),
    ("GET", "/services", h.list_services),
    ("POST", "/services", h.create_service),
    ("GET", _SERVICE, h.get_service),
    ("PATCH", _SERVICE, h.patch_service),
    ("DELETE", _SERVICE, h.delete_service),
    ("POST", f"{_SERVICE}/suspend", h.suspend_service),
    ("POST", f"{_SERVICE}/resume", h.resume_service),
    ("POST", f"{_SERVICE}/restart", h.restart_service),
    ("POST", f"{_SERVICE}/scale", h.scale_service),
    ("POST", f"{_SERVICE}/rollback", h.rollback),
    ("GET", f"{_SERVICE}/deploys", h.list_deploys),
    ("POST", f"{_SERVICE}/deploys", h.create_deploy),
    ("GET", f"{_SERVICE}/deploys/{{deploy_id}}", h.get_deploy),
    ("POST", f"{_SERVICE}/deploys/{{deploy_id}}/cancel", h.cancel_deploy),
    ("GET", f"{_SERVICE}/env-vars", h.list_env_vars),
    ("PUT", f"{_SERVICE}/env-vars", h.replace_env_vars),
    ("GET", f"{_SERVICE}/env-vars/{{key}}", h.get_env_var),
    ("PUT", f"{_SERVICE}/env-vars/{{key}}", h.put_env_var),
    ("DELETE", f"{_SERVICE}/env-vars/{{key}}", h.delete_env_var),
    ("GET", f"{_SERVICE}/secret-files", h.list_secret_files),
    ("PUT", f"{_SERVICE}/secret-files", h.replace_secret_files),
    ("GET", f"{_SERVICE}/secret-files/{{key}}", h.get_secret_file),
    ("PUT", f"{_SERVICE}/secret-files/{{key}}", h.put_secret_file),
    ("DELETE", f"{_SERVICE}/secret-files/{{key}}", h.delete_secret_file),
    ("GET", f"{_SERVICE}/headers", h.list_headers),
    ("PUT", f"{_SERVICE}/headers", h.replace_headers),
    ("POST", f"{_SERVICE}/headers", h.add_header),
    ("DELETE", f"{_SERVICE}/headers/{{rule_id}}", h.delete_header),
    ("GET", f"{_SERVICE}/routes", h.list_routes),
    ("PUT", f"{_SERVICE}/routes", h.replace_routes),
    ("POST", f"{_SERVICE}/routes", h.add_route),
    ("DELETE", f"{_SERVICE}/routes/{{rule_id}}", h.delete_route),
    ("GET", "/logs", h.list_logs),
]


def app(world: World) -> Starlette:
    """The stand-in; its lifespan runs again what ran before and ends it."""
    render = build(world)

    def route(method: str, path: str, handler: Handler) -> Route:
        async def call(request: Request) -> Response:
            _admit(render, request)
            return await handler(render, request)

        return Route(f"/v1{path}", call, methods=[method])

    async def unknown(request: Request) -> Response:
        _admit(render, request)
        request.state.note = NOT_EMULATED
        raise UnknownRouteError

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await render.start()
        try:
            yield
        finally:
            await render.stop()

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    starlette = Starlette(
        routes=[*(route(*entry) for entry in TABLE), Route("/{path:path}", unknown, methods=every)],
        middleware=[Middleware(LimitMiddleware)],
        exception_handlers={RenderError: answer},  # type: ignore[dict-item]
        lifespan=lifespan,
    )
    starlette.state.render = render
    return starlette


def _admit(render: Render, request: Request) -> None:
    """Refuse what has no key, and count what has one."""
    key = render.world.credentials("render")["api_key"]
    if request.headers.get("authorization") != f"Bearer {key}":
        raise UnauthorizedError
    request.state.ratelimit = render.limits.take(request.method, request.url.path)
