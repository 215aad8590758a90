"""The stand-in as one Starlette app: every method and path that it answers.

Its lifespan runs the webhook deliveries.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stackwright.sandbox.stripe import (
    accounts,
    cards,
    checkout_sessions,
    clocks,
    coupons,
    customers,
    events,
    invoices,
    portal_configurations,
    portal_sessions,
    prices,
    products,
    promotion_codes,
    subscription_api,
    webhook_endpoints,
)
from stackwright.sandbox.stripe.control import Control
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.handlers import Api
from stackwright.sandbox.stripe.operation import Operation
from stackwright.sandbox.stripe.pages import Pages
from stackwright.sandbox.stripe.renewals import Renewals
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


_SESSIONS = "/v1/checkout/sessions"
_CLOCKS = "/v1/test_helpers/test_clocks"
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
    *_usual("/v1/customers", customers, *_FULL),
    *_usual("/v1/payment_methods", cards, "retrieve"),
    Operation("POST", "/v1/payment_methods/{name}/attach", cards.KIND, cards.ATTACH, cards.attach),
    *_usual("/v1/subscriptions", subscription_api, *_EDITABLE),
    Operation(
        "DELETE",
        "/v1/subscriptions/{name}",
        subscription_api.KIND,
        subscription_api.CANCEL,
        subscription_api.cancel,
    ),
    *_usual("/v1/invoices", invoices, "list", "retrieve"),
    Operation("POST", "/v1/invoices/{name}/pay", invoices.KIND, invoices.PAY, invoices.pay),
    Operation("POST", "/v1/invoices/{name}/void", invoices.KIND, invoices.VOID, invoices.void),
    *_usual(_SESSIONS, checkout_sessions, *_EDITABLE),
    Operation(
        "POST",
        f"{_SESSIONS}/{{name}}/expire",
        checkout_sessions.KIND,
        checkout_sessions.EXPIRE,
        checkout_sessions.expire,
    ),
    Operation(
        "GET",
        f"{_SESSIONS}/{{name}}/line_items",
        checkout_sessions.KIND,
        checkout_sessions.LINE_ITEMS,
        checkout_sessions.line_items,
    ),
    *_usual("/v1/billing_portal/configurations", portal_configurations, *_EDITABLE),
    *_usual("/v1/billing_portal/sessions", portal_sessions, "create"),
    *_usual(_CLOCKS, clocks, "create", "list", "retrieve", "delete"),
    Operation(
        "POST",
        f"{_CLOCKS}/{{name}}/advance",
        clocks.KIND,
        clocks.ADVANCE,
        clocks.advance,
    ),
]


def app(world: World, deliverer: Deliverer | None = None) -> Starlette:
    """The Stripe stand-in of a world.

    Its lifespan sends webhooks and renews subscriptions; `app.state.deliverer` and
    `app.state.renewals` are the two, for tests that drive them by hand.
    """
    deliverer = deliverer or Deliverer(world)
    renewals = Renewals(world, deliverer)
    api = Api(world, deliverer, renewals)
    routes = [*_api(api), *_pages(world, deliverer), *_control(world, deliverer)]
    routes.append(Route("/{path:path}", api.unrecognized, methods=_ANY))
    starlette = Starlette(routes=routes, lifespan=_lifespan)
    starlette.state.deliverer = deliverer
    starlette.state.renewals = renewals
    return starlette


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


@asynccontextmanager
async def _lifespan(starlette: Starlette) -> AsyncIterator[None]:
    work = (starlette.state.deliverer, starlette.state.renewals)
    tasks = [asyncio.create_task(worker.run()) for worker in work]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _api(api: Api) -> list[Route]:
    return [
        Route(operation.path, _endpoint(api, operation), methods=[operation.method])
        for operation in OPERATIONS
    ]


def _endpoint(api: Api, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await api.answer(request, operation)

    return endpoint


def _pages(world: World, deliverer: Deliverer) -> list[Route]:
    pages = Pages(world, deliverer)
    return [
        Route("/c/pay/{session}", pages.checkout, methods=["GET"]),
        Route("/c/pay/{session}", pages.pay, methods=["POST"]),
        Route("/i/{session}", pages.invoice, methods=["GET"]),
        Route("/i/{session}", pages.settle, methods=["POST"]),
        Route("/p/session/{session}", pages.portal, methods=["GET"]),
        Route("/p/session/{session}", pages.act, methods=["POST"]),
    ]


def _control(world: World, deliverer: Deliverer) -> list[Route]:
    control = Control(world, deliverer)
    base = "/_sandbox/stripe"
    return [
        Route(f"{base}/events", control.events, methods=["POST"]),
        Route(f"{base}/deliveries", control.deliveries, methods=["GET"]),
        Route(f"{base}/deliveries/{{delivery}}/resend", control.resend, methods=["POST"]),
    ]
