"""The Management API: which method and path goes to which handler, behind token and rate limit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.supabase import databases, function_handlers, handlers, projects
from stackwright.sandbox.supabase.calls import Call, Services
from stackwright.sandbox.supabase.errors import ApiError, UnauthorizedError
from stackwright.sandbox.supabase.limits import RateLimits, TooManyRequestsError
from stackwright.sandbox.world import World

Handler = Callable[[Call], Awaitable[Response]]

_PROJECT = "/v1/projects/{ref}"

OPERATIONS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v1/profile", handlers.profile),
    ("GET", "/v1/organizations", handlers.list_organizations),
    ("GET", "/v1/organizations/{slug}", handlers.get_organization),
    ("GET", "/v1/organizations/{slug}/projects", handlers.list_organization_projects),
    ("GET", "/v1/projects", handlers.list_projects),
    ("POST", "/v1/projects", handlers.create_project),
    ("GET", _PROJECT, handlers.get_project),
    ("PATCH", _PROJECT, handlers.rename_project),
    ("DELETE", _PROJECT, handlers.delete_project),
    ("GET", f"{_PROJECT}/health", handlers.health),
    ("GET", f"{_PROJECT}/api-keys", handlers.api_keys),
    ("GET", f"{_PROJECT}/secrets", handlers.list_secrets),
    ("POST", f"{_PROJECT}/secrets", handlers.upsert_secrets),
    ("DELETE", f"{_PROJECT}/secrets", handlers.delete_secrets),
    ("GET", f"{_PROJECT}/functions", function_handlers.listing),
    ("PUT", f"{_PROJECT}/functions", function_handlers.publish),
    ("POST", f"{_PROJECT}/functions/deploy", function_handlers.deploy),
    ("GET", f"{_PROJECT}/functions/{{slug}}", function_handlers.get),
    ("PATCH", f"{_PROJECT}/functions/{{slug}}", function_handlers.change),
    ("DELETE", f"{_PROJECT}/functions/{{slug}}", function_handlers.delete),
    ("GET", f"{_PROJECT}/functions/{{slug}}/body", function_handlers.body),
    ("POST", f"{_PROJECT}/database/query", handlers.query),
    ("POST", f"{_PROJECT}/database/query/read-only", handlers.query_read_only),
    ("PATCH", f"{_PROJECT}/database/password", handlers.change_password),
    ("GET", f"{_PROJECT}/database/backups", handlers.backups),
    ("GET", f"{_PROJECT}/config/database/pooler", handlers.pooler),
    ("GET", f"{_PROJECT}/config/storage", handlers.get_storage),
    ("GET", f"{_PROJECT}/postgrest", handlers.get_postgrest),
    ("PATCH", f"{_PROJECT}/postgrest", handlers.change_postgrest),
    ("GET", f"{_PROJECT}/config/auth", handlers.get_auth),
    ("PATCH", f"{_PROJECT}/config/auth", handlers.change_auth),
)


def app(world: World) -> Starlette:
    """The Management API over `world`; its lifespan runs the databases of all projects."""
    services = Services(world)
    limits = RateLimits(world)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        refs = [project["ref"] for project in world.store.all(projects.KIND)]
        await asyncio.gather(*(projects.bring_up(world, ref) for ref in refs))
        jobs = asyncio.create_task(services.scheduler.run())
        try:
            yield
        finally:
            jobs.cancel()
            await asyncio.gather(jobs, return_exceptions=True)
            await services.finish()
            refs = [project["ref"] for project in world.store.all(projects.KIND)]
            await asyncio.gather(*(databases.stop(world, ref) for ref in refs))

    routes = [
        Route(path, _endpoint(path, handler, services, limits), methods=[method])
        for method, path, handler in OPERATIONS
    ]
    refused = {404: _unknown, 405: _unknown}
    application = Starlette(routes=routes, lifespan=lifespan, exception_handlers=refused)
    application.state.services = services
    return application


def _endpoint(
    path: str, handler: Handler, services: Services, limits: RateLimits
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            _authenticate(services.world, request)
            scope = request.path_params.get("ref") or request.path_params.get("slug", "")
            headers = limits.take(f"{request.method} {path}", scope)
            response = await handler(Call(request, services))
        except TooManyRequestsError as error:
            headers = error.headers
            response = error.response()
        except ApiError as error:
            response = error.response()
        response.headers.update(headers)
        return response

    return endpoint


def _authenticate(world: World, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token != world.credentials("supabase")["access_token"]:
        raise UnauthorizedError


async def _unknown(request: Request, _: Exception) -> Response:
    """The vendor's 404, and a loud line in the journal: the sandbox may simply lack the route."""
    request.state.note = NOT_EMULATED
    return JSONResponse({"message": f"Cannot {request.method} {request.url.path}"}, 404)
