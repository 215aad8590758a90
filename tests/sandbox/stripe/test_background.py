"""What goes on while the stand-in runs: deliveries, retries and renewals on the sandbox's clock."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from stackwright.sandbox.stripe.control import trigger
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.mode import Mode
from stackwright.sandbox.stripe.routes import app
from stackwright.sandbox.world import World
from tests.sandbox.stripe.helpers import Json, Receiver, Stripe

URL = "http://127.0.0.1:9/hook"
TURNS = 2000


async def until(happened: Callable[[], bool]) -> None:
    """Let the background work until something has happened; fails when it does not."""
    for _ in range(TURNS):
        if happened():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


def running(stripe: Stripe) -> AbstractAsyncContextManager[object]:
    """The app's life, as a server runs it."""
    return stripe.app.router.lifespan_context(stripe.app)


def listen(stripe: Stripe, *events: str, url: str = URL) -> Json:
    return stripe.post("/v1/webhook_endpoints", {"url": url, "enabled_events": list(events)})


def happen(world: World, deliverer: Deliverer, kind: str) -> None:
    trigger(Mode(world, live=False), kind)
    deliverer.wake()


def test_what_happens_is_delivered_and_retried_without_being_asked(
    stripe: Stripe, monthly: Json
) -> None:
    listen(stripe, "checkout.session.completed")
    stripe.receiver.status = 500

    async def scene() -> None:
        async with running(stripe):
            happen(stripe.world, stripe.deliverer, "checkout.session.completed")
            await until(lambda: len(stripe.receiver.requests) == 1)
            stripe.receiver.status = 200
            stripe.world.clock.advance(2)
            await until(lambda: len(stripe.receiver.requests) == 2)
            await until(lambda: not stripe.world.store.find("stripe.delivery", status="pending"))

    asyncio.run(scene())


def test_a_restart_goes_on_with_what_was_not_delivered(stripe: Stripe, world: World) -> None:
    listen(stripe, "product.created")
    stripe.post("/v1/products", {"name": "P"})
    receiver = Receiver()
    again = app(world, Deliverer(world, httpx.MockTransport(receiver)))

    async def scene() -> None:
        async with again.router.lifespan_context(again):
            await until(lambda: receiver.types == ["product.created"])

    asyncio.run(scene())


def test_a_slow_endpoint_holds_up_nobody_else(stripe: Stripe, world: World) -> None:
    listen(stripe, "product.created", url="http://127.0.0.1:9/slow")
    listen(stripe, "product.created", url="http://127.0.0.1:9/quick")
    stripe.post("/v1/products", {"name": "P"})
    arrived: list[str] = []
    answered: list[str] = []

    async def scene() -> None:
        released = asyncio.Event()
        slow_app = app(world, Deliverer(world, httpx.MockTransport(answer(released))))
        async with slow_app.router.lifespan_context(slow_app):
            await until(lambda: answered == ["/quick"] and set(arrived) == {"/slow", "/quick"})
            stripe_again = Mode(world, live=False)
            assert len(stripe_again.all("product")) == 1
            released.set()
            await until(lambda: answered == ["/quick", "/slow"])

    def answer(
        released: asyncio.Event,
    ) -> Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]:
        async def respond(request: httpx.Request) -> httpx.Response:
            arrived.append(request.url.path)
            if request.url.path == "/slow":
                await released.wait()
            answered.append(request.url.path)
            return httpx.Response(200)

        return respond

    asyncio.run(scene())


def test_a_stop_does_not_wait_for_a_slow_endpoint(stripe: Stripe, world: World) -> None:
    listen(stripe, "product.created")
    stripe.post("/v1/products", {"name": "P"})

    async def scene() -> None:
        arrived = asyncio.Event()

        async def respond(request: httpx.Request) -> httpx.Response:
            arrived.set()
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        slow_app = app(world, Deliverer(world, httpx.MockTransport(respond)))
        async with slow_app.router.lifespan_context(slow_app):
            await arrived.wait()
        assert asyncio.all_tasks() <= {asyncio.current_task()}

    asyncio.run(scene())
    [delivery] = world.store.all("stripe.delivery")
    assert (delivery["status"], delivery["attempts"]) == ("pending", [])


def test_moving_the_clock_renews_subscriptions(stripe: Stripe, monthly: Json) -> None:
    listen(stripe, "invoice.payment_succeeded", "customer.subscription.updated")

    async def scene() -> None:
        async with running(stripe):
            happen(stripe.world, stripe.deliverer, "checkout.session.completed")
            await until(lambda: stripe.receiver.types == ["invoice.payment_succeeded"])
            stripe.world.clock.advance(32 * 24 * 3600)
            await until(lambda: len(stripe.receiver.types) == 3)

    asyncio.run(scene())
    assert sorted(stripe.receiver.types[1:]) == [
        "customer.subscription.updated",
        "invoice.payment_succeeded",
    ]


def test_a_delivery_that_breaks_is_failed_and_not_tried_for_ever(
    stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    listen(stripe, "product.created")
    stripe.post("/v1/products", {"name": "P"})

    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError("a mistake in the stand-in")

    breaking = app(stripe.world, Deliverer(stripe.world, httpx.MockTransport(broken)))

    async def scene() -> None:
        async with breaking.router.lifespan_context(breaking):
            await until(lambda: bool(stripe.world.store.find("stripe.delivery", status="failed")))

    asyncio.run(scene())
    assert "a mistake in the stand-in" in caplog.text


def test_a_request_sets_the_deliveries_off(stripe: Stripe, monthly: Json) -> None:
    listen(stripe, "product.created", "invoice.payment_succeeded")
    headers = {"authorization": f"Bearer {stripe.key}"}

    async def scene() -> None:
        transport = httpx.ASGITransport(stripe.app)
        base = "http://stripe"
        async with (
            running(stripe),
            httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client,
        ):
            await asyncio.sleep(0)
            await client.post("/v1/products", data={"name": "P"})
            await until(lambda: stripe.receiver.types == ["product.created"])
            kind = {"type": "checkout.session.completed"}
            await client.post("/_sandbox/stripe/events", json=kind)
            await until(lambda: stripe.receiver.types[1:] == ["invoice.payment_succeeded"])

    asyncio.run(scene())
