"""The sandbox's own requests beside Stripe's API: make something happen, see and repeat deliveries.

`POST /_sandbox/stripe/events` with JSON `{"type": ..., "subscription": optional, "live": false}`
makes one of the six events of a subscription's life happen to real objects of the store.
Stripe has no such thing: there, time and customers make events.
"""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stackwright.sandbox.stripe import (
    checkout_sessions,
    deliveries,
    subscription_api,
    subscriptions,
)
from stackwright.sandbox.stripe.checkout_sessions import Payer
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.errors import InvalidRequest, StripeError
from stackwright.sandbox.stripe.mode import Mode, Object
from stackwright.sandbox.world import World

CARD = "4242424242424242"


def trigger(mode: Mode, kind: str, subscription: str | None = None) -> Object:
    """Make an event of this type happen; gives the object it happened to.

    `subscription`: which one; the newest living one if None. `checkout.session.completed` and
    `customer.subscription.created` complete the newest open session, or one made for the newest
    active recurring price.
    """
    if kind not in TRIGGERS:
        raise InvalidRequest(f"Unknown type {kind}: one of {', '.join(TRIGGERS)}.", param="type")
    return TRIGGERS[kind](mode, subscription)


def _buy(mode: Mode, _: str | None) -> Object:
    sessions = mode.where(checkout_sessions.KIND, status="open")
    session = sessions[0] if sessions else _session(mode)
    email = session["customer_email"] or "customer@example.com"
    return checkout_sessions.complete(mode, session["id"], Payer(email, CARD, "Sandbox Customer"))


def _session(mode: Mode) -> Object:
    for price in mode.where("price", active=True, type="recurring"):
        params = {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/",
            "line_items": [{"price": price["id"]}],
        }
        return checkout_sessions.create(mode, params)
    raise InvalidRequest(f"There is no active recurring price in {mode.name} mode to buy.")


def _newest(mode: Mode, name: str | None) -> str:
    if name is not None:
        return str(mode.require(subscriptions.KIND, name, "subscription")["id"])
    for subscription in mode.all(subscriptions.KIND):
        if subscription["status"] != "canceled":
            return str(subscription["id"])
    raise InvalidRequest(f"There is no living subscription in {mode.name} mode.")


def _renew(mode: Mode, name: str | None) -> Object:
    return _next_period(mode, _newest(mode, name), subscriptions.payment_method)


def _fail(mode: Mode, name: str | None) -> Object:
    return _next_period(mode, _newest(mode, name), lambda *_: None)


def _next_period(mode: Mode, name: str, method: Callable[[Mode, Object], Object | None]) -> Object:
    """Begin the next period now, whatever the calendar says, and charge it at once."""
    subscription = mode.require(subscriptions.KIND, name)
    mode = mode.changing(subscription)
    if subscription["status"] == "canceled":
        raise InvalidRequest(f"The subscription {name} is canceled and cannot be renewed.")
    if subscription["cancel_at_period_end"]:
        return subscriptions.end(mode, subscription)
    subscriptions.renew(mode, subscription)
    subscriptions.charge(mode, subscription, method(mode, subscription))
    return subscription


def _cancel_later(mode: Mode, name: str | None) -> Object:
    return subscription_api.update(mode, {"cancel_at_period_end": True}, _newest(mode, name))


def _cancel_now(mode: Mode, name: str | None) -> Object:
    return subscription_api.cancel(mode, {}, _newest(mode, name))


TRIGGERS: dict[str, Callable[[Mode, str | None], Object]] = {
    "checkout.session.completed": _buy,
    "customer.subscription.created": _buy,
    "customer.subscription.updated": _cancel_later,
    "customer.subscription.deleted": _cancel_now,
    "invoice.payment_succeeded": _renew,
    "invoice.payment_failed": _fail,
}


class Control:
    """Answers the sandbox's own requests."""

    def __init__(self, world: World, deliverer: Deliverer) -> None:
        self._world = world
        self._deliverer = deliverer

    async def events(self, request: Request) -> Response:
        """`POST /_sandbox/stripe/events`."""
        _not_the_vendor(request)
        try:
            wanted = _wanted(await request.body())
            mode = Mode(self._world, bool(wanted.get("live", False)))
            with self._world.store.transaction():
                thing = trigger(mode, str(wanted.get("type")), wanted.get("subscription"))
        except StripeError as error:
            return JSONResponse({"message": error.message}, 400)
        self._deliverer.wake()
        return JSONResponse({"object": thing["object"], "id": thing["id"]})

    async def deliveries(self, request: Request) -> Response:
        """`GET /_sandbox/stripe/deliveries`: newest first."""
        _not_the_vendor(request)
        return JSONResponse({"deliveries": self._world.store.all(deliveries.KIND)[::-1]})

    async def resend(self, request: Request) -> Response:
        """`POST /_sandbox/stripe/deliveries/{delivery}/resend`."""
        _not_the_vendor(request)
        name = request.path_params["delivery"]
        delivery = deliveries.resend(self._world, name)
        if delivery is None:
            return JSONResponse({"message": f"There is no delivery {name}."}, 404)
        self._deliverer.wake()
        return JSONResponse(delivery)


def _not_the_vendor(request: Request) -> None:
    """Nothing that a deployer did: the journal counts it as no write."""
    request.state.write = False
    request.state.note = "control"


def _wanted(body: bytes) -> dict[str, Any]:
    try:
        wanted = json.loads(body or b"{}")
    except ValueError:
        raise InvalidRequest("The body must be JSON.") from None
    if not isinstance(wanted, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return wanted
