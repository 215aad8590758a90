"""The stand-in as one Starlette app: every method and path that it answers.

Its lifespan runs the webhook deliveries.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import ModuleType

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stackwright.sandbox.stripe import (
    accounts,
    coupons,
    events,
    prices,
    products,
    promotion_codes,
    webhook_endpoints,
)
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.handlers import Api
from stackwright.sandbox.stripe.operation import Operation
from stackwright.sandbox.world import World


def _usual(path: str, module: ModuleType, *verbs: str) -> list[Operation]:
    """Operations of a module on Stripe's usual paths: `create` with the parameters `CREATE`."""
    places = {
        "create": ("POST", path),
        "list": ("GET", path),
        "retrieve": ("GET", f"{path}/{{name}}"),
        "update": ("POST", f"{path}/{{name}}"),
        "delete": ("DELETE", f"{path}/{{name}}"),
    }
    functions = {"list": "list_all"}
    return [
        Operation(
            *places[verb],
            module.KIND,
            getattr(module, verb.upper()),
            getattr(module, functions.get(verb, verb)),
        )
        for verb in verbs
    ]


_EDITABLE = ("create", "list", "retrieve", "update")
_FULL = (*_EDITABLE, "delete")
OPERATIONS: list[Operation] = [
    Operation("GET", "/v1/account", accounts.KIND, accounts.RETRIEVE, accounts.retrieve),
    Operation(
        "GET", "/v1/accounts/{name}", accounts.KIND, accounts.RETRIEVE, accounts.retrieve_by_id
    ),
    *_usual("/v1/products", products, *_FULL),
    *_usual("/v1/prices", prices, *_EDITABLE),
    *_usual("/v1/coupons", coupons, *_FULL),
    *_usual("/v1/promotion_codes", promotion_codes, *_EDITABLE),
    *_usual("/v1/webhook_endpoints", webhook_endpoints, *_FULL),
    *_usual("/v1/events", events, "list", "retrieve"),
]


def app(world: World, deliverer: Deliverer | None = None) -> Starlette:
    """The Stripe stand-in of a world; `app.state.deliverer` sends its webhooks."""
    deliverer = deliverer or Deliverer(world)
    api = Api(world, deliverer)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(deliverer.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    routes = [
        Route(operation.path, _endpoint(api, operation), methods=[operation.method])
        for operation in OPERATIONS
    ]
    routes.append(Route("/{path:path}", api.unrecognized, methods=_ANY))
    starlette = Starlette(routes=routes, lifespan=lifespan)
    starlette.state.deliverer = deliverer
    return starlette


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def _endpoint(api: Api, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await api.answer(request, operation)

    return endpoint
