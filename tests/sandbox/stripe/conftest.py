"""A Stripe stand-in in memory, and the objects that most tests need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stackwright.sandbox.clock import ManualClock
from stackwright.sandbox.world import World, memory_world
from tests.sandbox.stripe.helpers import Json, Stripe


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = memory_world(tmp_path, ManualClock())
    world.urls["stripe"] = "http://127.0.0.1:1"
    world.set_setting("stripe.limits", {"live": 0, "test": 0, "endpoint": 0})
    yield world
    world.close()


@pytest.fixture
def stripe(world: World) -> Stripe:
    return Stripe(world)


@pytest.fixture
def monthly(stripe: Stripe) -> Json:
    """A product's price of 99 USD a month."""
    stripe.post("/v1/products", {"id": "accelerator", "name": "Accelerator"})
    return stripe.post(
        "/v1/prices",
        {
            "product": "accelerator",
            "currency": "usd",
            "unit_amount": 9900,
            "recurring": {"interval": "month"},
            "lookup_key": "monthly",
        },
    )


@pytest.fixture
def session(stripe: Stripe, monthly: Json) -> Json:
    """An open Checkout session for the monthly price."""
    return stripe.post(
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://127.0.0.1/plans",
            "client_reference_id": "user-1",
            "metadata": {"user_id": "user-1"},
            "subscription_data": {"metadata": {"user_id": "user-1"}},
            "line_items": [{"price": monthly["id"], "quantity": 1}],
        },
    )
