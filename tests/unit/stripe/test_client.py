"""Stripe's client: modes, pages, keys, and the questions it asks."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from stackwright.clock import ManualClock
from stackwright.errors import (
    Conflict,
    Invalid,
    PaymentRequired,
    RateLimited,
    Refused,
    Unavailable,
    UserInput,
    VendorError,
    WriteInPreview,
)
from stackwright.stripe.client import StripeClient, StripeReader
from stackwright.stripe.rules import API_VERSION
from tests.unit.http.network import Answer, Network, ok

TEST_KEY = "sk_test_abc"
PRICE = {"id": "price_1", "object": "price", "lookup_key": "monthly", "livemode": False}


def page(*items: dict[str, Any], more: bool = False) -> httpx.Response:
    return ok({"object": "list", "data": list(items), "has_more": more})


def failure(status: int, **error: str) -> httpx.Response:
    return ok({"error": error}, status, Request_Id="req_1")


def client(*answers: Answer, key: str = TEST_KEY) -> tuple[StripeClient, Network]:
    network = Network(*answers)
    keys = iter(f"key-{number}" for number in range(100))
    made = StripeClient(
        key,
        "https://stripe.test",
        idempotency_key=lambda: next(keys),
        transport=network,
        clock=ManualClock(),
        random=lambda: 0.5,
    )
    return made, network


def run(answer: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await answer

    return asyncio.run(wait())


class Preview(StripeClient):
    """Writes over the transport of a preview."""

    writable = False


READS: dict[str, Callable[[StripeReader], Awaitable[Any]]] = {
    "account": lambda c: c.account(),
    "identity": lambda c: c.identity(),
    "product": lambda c: c.product("prod_1"),
    "products": lambda c: c.products(),
    "price": lambda c: c.price("price_1"),
    "prices": lambda c: c.prices(product="prod_1"),
    "prices_by_lookup_key": lambda c: c.prices_by_lookup_key(["monthly"]),
    "coupon": lambda c: c.coupon("c"),
    "coupons": lambda c: c.coupons(),
    "promotion_code": lambda c: c.promotion_code("promo_1"),
    "promotion_codes": lambda c: c.promotion_codes(code="X"),
    "webhook_endpoint": lambda c: c.webhook_endpoint("we_1"),
    "webhook_endpoints": lambda c: c.webhook_endpoints(),
    "portal_configuration": lambda c: c.portal_configuration("bpc_1"),
    "portal_configurations": lambda c: c.portal_configurations(),
}
WRITES: dict[str, Callable[[StripeClient], Awaitable[Any]]] = {
    "create_product": lambda c: c.create_product({}),
    "update_product": lambda c: c.update_product("prod_1", {}),
    "delete_product": lambda c: c.delete_product("prod_1"),
    "create_price": lambda c: c.create_price({}),
    "update_price": lambda c: c.update_price("price_1", {}),
    "create_coupon": lambda c: c.create_coupon({}),
    "update_coupon": lambda c: c.update_coupon("c", {}),
    "delete_coupon": lambda c: c.delete_coupon("c"),
    "create_promotion_code": lambda c: c.create_promotion_code({}),
    "update_promotion_code": lambda c: c.update_promotion_code("promo_1", {}),
    "create_webhook_endpoint": lambda c: c.create_webhook_endpoint({}),
    "update_webhook_endpoint": lambda c: c.update_webhook_endpoint("we_1", {}),
    "create_portal_configuration": lambda c: c.create_portal_configuration({}),
    "update_portal_configuration": lambda c: c.update_portal_configuration("bpc_1", {}),
    "delete_webhook_endpoint": lambda c: c.delete_webhook_endpoint("we_1"),
}


def coroutines(kind: type) -> set[str]:
    names = {name for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction)}
    return {name for name in names if not name.startswith("_")} - {"aclose"}


def test_every_method_is_listed_as_a_read_or_a_write() -> None:
    assert coroutines(StripeReader) == set(READS)
    assert coroutines(StripeClient) - coroutines(StripeReader) == set(WRITES)


@pytest.mark.parametrize("name", READS)
def test_a_preview_can_read(name: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("billing_portal/", "")
        is_list = path.count("/") == 2 and "account" not in path
        return page() if is_list else ok({"id": "x_1", "object": "x"})

    network = Network(*[answer] * 4)
    run(READS[name](StripeReader(TEST_KEY, "https://stripe.test", transport=network)))
    assert network.requests


@pytest.mark.parametrize("name", WRITES)
def test_a_preview_cannot_write(name: str) -> None:
    network = Network()
    with pytest.raises(WriteInPreview):
        run(WRITES[name](Preview(TEST_KEY, "https://stripe.test", transport=network)))
    assert network.requests == []


def test_the_api_version_is_pinned() -> None:
    stripe, network = client(ok({"id": "acct_1"}))
    assert run(stripe.identity()) == "test:acct_1"
    assert network.requests[0].headers["Stripe-Version"] == API_VERSION


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc"])
def test_a_live_key_says_so_in_its_identity(key: str) -> None:
    stripe, _ = client(ok({"id": "acct_1"}), key=key)
    assert run(stripe.identity()) == "live:acct_1"


@pytest.mark.parametrize(
    "key", ["", "abc", "pk_test_secretish", "whsec_secretish", "sk_prod_secretish"]
)
def test_a_wrong_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(UserInput, match="STRIPE_API_KEY") as caught:
        StripeReader(key)
    assert "secretish" not in str(caught.value)


@pytest.mark.parametrize(("key", "livemode"), [("sk_test_a", True), ("sk_live_a", False)])
def test_an_object_of_the_other_mode_is_refused(key: str, livemode: bool) -> None:
    stray = {**PRICE, "livemode": livemode}
    asks: list[tuple[httpx.Response, Callable[[StripeClient], Awaitable[Any]]]] = [
        (ok(stray), lambda c: c.price("price_1")),
        (page(stray), lambda c: c.prices(active=True)),
        (ok(stray), lambda c: c.create_price({})),
    ]
    for answer, ask in asks:
        stripe, _ = client(answer, key=key)
        with pytest.raises(Refused, match="object price_1"):
            run(ask(stripe))


def test_what_is_not_there_or_deleted_is_none() -> None:
    stripe, _ = client(failure(404, code="resource_missing"), ok({"id": "p", "deleted": True}))
    assert run(stripe.price("price_1")) is None
    assert run(stripe.product("p")) is None


def test_every_page_is_read() -> None:
    stripe, network = client(
        page({"id": "we_2"}, {"id": "we_1"}, more=True), page({"id": "we_1"}, {"id": "we_0"})
    )
    found = run(stripe.webhook_endpoints())
    assert [one["id"] for one in found] == ["we_2", "we_1", "we_0"]
    assert network.query(1) == [("limit", "100"), ("starting_after", "we_1")]


def test_lookup_keys_are_asked_ten_at_a_time_among_active_and_archived_prices() -> None:
    archived = {**PRICE, "id": "price_0", "lookup_key": "annual"}
    stripe, network = client(page(PRICE), page(archived), page(), page())
    found = run(stripe.prices_by_lookup_key([f"k{number:02}" for number in range(11)]))
    assert {key: price["id"] for key, price in found.items()} == {
        "monthly": "price_1",
        "annual": "price_0",
    }
    asked = [dict(network.query(index)) for index in range(4)]
    assert [query["active"] for query in asked] == ["true", "false", "true", "false"]
    assert asked[0]["lookup_keys[9]"] == "k09"
    assert asked[2]["lookup_keys[0]"] == "k10"


def test_no_lookup_key_asks_nothing() -> None:
    stripe, network = client()
    assert run(stripe.prices_by_lookup_key([])) == {}
    assert network.requests == []


def test_a_retry_keeps_its_idempotency_key_and_the_next_call_has_another() -> None:
    stripe, network = client(httpx.ReadError("lost"), ok({"id": "p"}), ok({"id": "p"}))
    run(stripe.create_product({"name": "A"}))
    run(stripe.create_product({"name": "A"}))
    keys = [request.headers["Idempotency-Key"] for request in network.requests]
    assert keys == ["key-0", "key-0", "key-1"]


def test_a_write_is_a_form() -> None:
    stripe, network = client(ok({"id": "we_1", "secret": "whsec_1"}))
    run(stripe.create_webhook_endpoint({"url": "https://a.test", "enabled_events": ["a", "b"]}))
    assert network.form() == {
        "url": "https://a.test",
        "enabled_events[0]": "a",
        "enabled_events[1]": "b",
    }
    assert network.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_deleting_what_is_gone_is_not_an_error() -> None:
    stripe, _ = client(ok({"id": "p", "deleted": True}), failure(404, code="resource_missing"))
    assert run(stripe.delete_product("p")) is True
    assert run(stripe.delete_product("p")) is False


def test_a_busy_object_is_tried_again() -> None:
    stripe, _ = client(failure(409, code="idempotency_key_in_use"), ok({"id": "p"}))
    assert run(stripe.update_product("p", {"name": "B"})) == {"id": "p"}


def test_stripes_own_word_on_retrying_is_obeyed() -> None:
    no = ok({"error": {"message": "stop"}}, 503, Stripe_Should_Retry="false")
    stripe, network = client(no)
    with pytest.raises(Unavailable):
        run(stripe.account())
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (400, {"type": "invalid_request_error", "param": "url"}, Invalid, "parameter url"),
        (400, {"code": "resource_already_exists"}, Conflict, "resource_already_exists"),
        (401, {}, VendorError, "Check STRIPE_API_KEY"),
        (402, {}, PaymentRequired, "dashboard"),
        (403, {}, VendorError, "key is restricted"),
        (429, {}, RateLimited, "Stripe account"),
    ],
)
def test_errors_have_a_name_the_request_id_and_advice(
    status: int, error: dict[str, str], kind: type[VendorError], words: str
) -> None:
    stripe, _ = client(*[failure(status, message="Words.", **error)] * 5)
    with pytest.raises(kind, match=words) as caught:
        run(stripe.create_product({"name": "A"}))
    assert "Stripe POST /v1/products" in str(caught.value)
    assert "(request req_1)" in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"error": "words"}', '{"error": null}'])
def test_an_error_in_another_shape_is_still_an_error(body: str) -> None:
    stripe, _ = client(httpx.Response(400, text=body))
    with pytest.raises(Invalid):
        run(stripe.account())
