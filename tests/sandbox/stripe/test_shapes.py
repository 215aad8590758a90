"""Answers have the fields of Stripe's own examples.

`shapes.json` holds, for each object, the field names of Stripe's official example objects
(github.com/stripe/openapi, `fixtures3.json` of 2026-07-29, MIT).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe

SHAPES: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("shapes.json").read_text(encoding="utf-8")
)
LEGACY = {"invoice": {"subscription"}}
"""Fields of the examples that the newest API version no longer has."""


@pytest.fixture
def answers(stripe: Stripe, session: Json) -> dict[str, Json]:
    """One answer of each kind, nested ones included."""
    card = {"email": "a@example.com", "card": "4242424242424242"}
    coupon = stripe.post("/v1/coupons", {"percent_off": 10})
    promotion = {"promotion": {"type": "coupon", "coupon": coupon["id"]}}
    hook = {"url": "http://127.0.0.1:9/x", "enabled_events": ["*"]}
    made = [
        coupon,
        stripe.post("/v1/promotion_codes", promotion),
        stripe.post("/v1/webhook_endpoints", hook),
        stripe.get("/v1/account"),
    ]
    stripe.send("POST", session["url"].removeprefix("http://127.0.0.1:1"), card)
    path = f"/v1/checkout/sessions/{session['id']}"
    expand = ["customer", "invoice", "subscription.default_payment_method", "line_items"]
    done = stripe.get(path, {"expand": expand})
    made += [stripe.get("/v1/products/accelerator"), stripe.get("/v1/events")["data"][0], done]
    made.append(stripe.post("/v1/billing_portal/sessions", {"customer": done["customer"]["id"]}))
    made.append(stripe.get("/v1/billing_portal/configurations")["data"][0])
    made.append(stripe.post("/v1/test_helpers/test_clocks", {"frozen_time": 1}))
    found: dict[str, Json] = {}
    for answer in made:
        collect(answer, found)
    return found


def collect(value: Any, found: dict[str, Json]) -> None:
    if isinstance(value, list):
        for child in value:
            collect(child, found)
    elif isinstance(value, dict):
        if isinstance(value.get("object"), str):
            found.setdefault(value["object"], value)
        for child in value.values():
            collect(child, found)


@pytest.mark.parametrize("kind", sorted(set(SHAPES) - {"discount"}))
def test_an_answer_has_the_fields_of_stripes_example(answers: dict[str, Json], kind: str) -> None:
    expected = set(SHAPES[kind]) - LEGACY.get(kind, set())
    extra = {"webhook_endpoint": {"secret"}, "checkout.session": {"line_items"}}.get(kind, set())
    assert set(answers[kind]) - extra == expected
