"""Filters of the lists."""

from typing import Any

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe


def names(stripe: Stripe, path: str, **params: Any) -> list[str]:
    return [thing["id"] for thing in stripe.get(path, params)["data"]]


@pytest.fixture
def products(stripe: Stripe) -> list[int]:
    """Three products, a minute apart; gives their times."""
    times = []
    for name in ("a", "b", "c"):
        times.append(stripe.post("/v1/products", {"id": name, "name": name})["created"])
        stripe.world.clock.advance(60)
    return times


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        (("gt",), ["c"]),
        (("gte",), ["c", "b"]),
        (("lt",), ["a"]),
        (("lte",), ["b", "a"]),
        (("gte", "lte"), ["b"]),
    ],
)
def test_a_list_is_cut_by_time(
    stripe: Stripe, products: list[int], bounds: tuple[str, ...], found: list[str]
) -> None:
    span = dict.fromkeys(bounds, products[1])
    assert names(stripe, "/v1/products", created=span) == found


def test_a_list_is_cut_to_one_moment(stripe: Stripe, products: list[int]) -> None:
    assert names(stripe, "/v1/products", created=products[2]) == ["c"]


def test_products_are_found_by_their_fields(stripe: Stripe, products: list[int]) -> None:
    stripe.post("/v1/products/a", {"active": False, "url": "https://example.com/a"})
    assert names(stripe, "/v1/products", ids=["a", "c", "x"]) == ["c", "a"]
    assert names(stripe, "/v1/products", active=False) == ["a"]
    assert names(stripe, "/v1/products", active=True) == ["c", "b"]
    assert names(stripe, "/v1/products", url="https://example.com/a") == ["a"]
    assert names(stripe, "/v1/products", type="good") == []


def test_prices_are_found_by_their_fields(stripe: Stripe, monthly: Json) -> None:
    once = {"product": "accelerator", "currency": "eur", "unit_amount": 1}
    single = stripe.post("/v1/prices", once)["id"]
    assert names(stripe, "/v1/prices", currency="eur") == [single]
    assert names(stripe, "/v1/prices", type="recurring") == [monthly["id"]]
    assert names(stripe, "/v1/prices", recurring={"interval": "month"}) == [monthly["id"]]
    assert names(stripe, "/v1/prices", recurring={"interval": "year"}) == []
    assert names(stripe, "/v1/prices", product="accelerator") == [single, monthly["id"]]
    assert names(stripe, "/v1/prices", product="other") == []
    assert names(stripe, "/v1/prices", created={"gt": monthly["created"]}) == []


def test_promotion_codes_are_found_by_their_fields(stripe: Stripe) -> None:
    customer = stripe.post("/v1/customers", {"email": "a@example.com"})["id"]
    for coupon in ("one", "two"):
        stripe.post("/v1/coupons", {"id": coupon, "percent_off": 10})
    path = "/v1/promotion_codes"
    first = stripe.post(
        path, {"promotion": {"type": "coupon", "coupon": "one"}, "metadata": {"a": "b"}}
    )
    second = stripe.post(
        path, {"promotion": {"type": "coupon", "coupon": "two"}, "customer": customer}
    )
    stripe.post(f"{path}/{first['id']}", {"active": False})
    assert first["metadata"] == {"a": "b"}
    assert names(stripe, path, coupon="one") == [first["id"]]
    assert names(stripe, path, customer=customer) == [second["id"]]
    assert names(stripe, path, active=True) == [second["id"]]
    assert names(stripe, path) == [second["id"], first["id"]]


def test_customers_are_found_by_their_whole_address(stripe: Stripe) -> None:
    found = stripe.post("/v1/customers", {"email": "a@example.com"})["id"]
    stripe.post("/v1/customers", {"email": "b@example.com"})
    assert names(stripe, "/v1/customers", email="a@example.com") == [found]
    assert names(stripe, "/v1/customers", email="a@example") == []


def test_sessions_subscriptions_and_invoices_are_found_by_their_customer(
    stripe: Stripe, session: Json
) -> None:
    form = {"email": "a@example.com", "card": "4242424242424242"}
    stripe.send("POST", session["url"].removeprefix("http://127.0.0.1:1"), form)
    done = stripe.get(f"/v1/checkout/sessions/{session['id']}")
    customer, subscription = done["customer"], done["subscription"]
    sessions = "/v1/checkout/sessions"
    assert names(stripe, sessions, customer=customer, status="complete") == [session["id"]]
    assert names(stripe, sessions, status="open") == []
    assert names(stripe, sessions, customer_details={"email": "a@example.com"}) == [session["id"]]
    assert names(stripe, sessions, customer_details={"email": "b@example.com"}) == []
    price = session_price(stripe, session)
    found = [subscription]
    assert names(stripe, "/v1/subscriptions", customer=customer, price=price) == found
    assert names(stripe, "/v1/subscriptions", status="past_due") == []
    assert names(stripe, "/v1/subscriptions", status="active") == found
    assert names(stripe, "/v1/subscriptions", status="ended") == []
    now = int(stripe.world.clock.now())
    assert names(stripe, "/v1/subscriptions", current_period_end={"gt": now}) == found
    assert names(stripe, "/v1/subscriptions", current_period_start={"gt": now}) == []
    assert names(stripe, "/v1/invoices", customer=customer, status="paid") == [done["invoice"]]
    assert names(stripe, "/v1/invoices", subscription="sub_x") == []


def session_price(stripe: Stripe, session: Json) -> str:
    items = stripe.get(f"/v1/checkout/sessions/{session['id']}/line_items")["data"]
    return str(items[0]["price"]["id"])
