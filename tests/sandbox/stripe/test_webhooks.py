"""Webhook endpoints and what is delivered to them."""

import hashlib
import hmac

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe

URL = "http://127.0.0.1:9/functions/v1/stripe-events"


@pytest.fixture
def endpoint(stripe: Stripe) -> Json:
    params = {"url": URL, "enabled_events": ["product.created", "price.created"]}
    made: Json = stripe.post("/v1/webhook_endpoints", params)
    return made


def test_the_secret_is_given_once(stripe: Stripe, endpoint: Json) -> None:
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    assert endpoint["secret"].startswith("whsec_")
    assert "secret" not in stripe.get(path)
    assert "secret" not in stripe.post(path, {"description": "x"})
    assert "secret" not in stripe.get("/v1/webhook_endpoints")["data"][0]


def test_api_version_and_connect_cannot_be_changed(stripe: Stripe, endpoint: Json) -> None:
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    for change in ({"api_version": "2024-04-10"}, {"connect": True}):
        assert stripe.refused("POST", path, change)["code"] == "parameter_unknown"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"url": URL}, "enabled_events"),
        ({"url": URL, "enabled_events": ["price.made"]}, "enabled_events[0]"),
        ({"url": URL, "enabled_events": ["*", "price.created"]}, "enabled_events"),
        ({"url": "example.com/hook", "enabled_events": ["*"]}, "url"),
        ({"url": "http://example.com/hook", "enabled_events": ["*"]}, "url"),
        ({"url": "http://127.0.0.1:99999/hook", "enabled_events": ["*"]}, "url"),
        ({"url": "http:///hook", "enabled_events": ["*"]}, "url"),
        ({"url": URL, "enabled_events": ["*"], "api_version": "2024-99-99"}, "api_version"),
    ],
)
def test_a_wrong_endpoint_is_refused(stripe: Stripe, params: Json, param: str) -> None:
    error = stripe.refused("POST", "/v1/webhook_endpoints", params)
    assert (error["status"], error["param"]) == (400, param)


def test_a_mode_has_at_most_sixteen_endpoints(stripe: Stripe) -> None:
    params = {"url": URL, "enabled_events": ["*"]}
    for _ in range(16):
        stripe.post("/v1/webhook_endpoints", params)
    error = stripe.refused("POST", "/v1/webhook_endpoints", params)
    assert "maximum of 16 test webhook endpoints" in error["message"]
    stripe.key = stripe.keys["stripe_live_key"]
    stripe.post("/v1/webhook_endpoints", params)


def test_a_delivery_is_signed_over_its_very_bytes(stripe: Stripe, endpoint: Json) -> None:
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()
    [request] = stripe.receiver.requests
    fields = dict(part.split("=") for part in request.headers["stripe-signature"].split(","))
    signed = f"{fields['t']}.".encode() + request.content
    mac = hmac.new(endpoint["secret"].encode(), signed, hashlib.sha256)
    assert fields["v1"] == mac.hexdigest()
    assert int(fields["t"]) == stripe.world.clock.now()
    assert str(request.url) == URL


def test_only_the_wanted_events_of_the_mode_arrive(stripe: Stripe, endpoint: Json) -> None:
    stripe.post("/v1/products", {"name": "P"})
    stripe.post("/v1/coupons", {"percent_off": 10})
    stripe.key = stripe.keys["stripe_live_key"]
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()
    assert stripe.receiver.types == ["product.created"]
    assert stripe.receiver.events[0]["livemode"] is False


def test_an_endpoint_can_be_pointed_elsewhere(stripe: Stripe, endpoint: Json) -> None:
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    change = {"url": f"{URL}/2", "enabled_events": ["coupon.created"], "metadata": {"a": "b"}}
    changed = stripe.post(path, change)
    assert {key: changed[key] for key in change} == change
    stripe.post("/v1/products", {"name": "P"})
    stripe.post("/v1/coupons", {"percent_off": 10})
    stripe.deliver()
    assert [str(request.url) for request in stripe.receiver.requests] == [f"{URL}/2"]
    assert stripe.refused("POST", path, {"url": "nowhere"})["code"] == "url_invalid"
    assert stripe.refused("POST", path, {"enabled_events": ["nothing"]})["status"] == 400


def test_a_disabled_endpoint_gets_nothing(stripe: Stripe, endpoint: Json) -> None:
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    assert stripe.post(path, {"disabled": True})["status"] == "disabled"
    stripe.post("/v1/products", {"name": "P"})
    assert stripe.deliver() == 0


def test_a_deleted_endpoint_gets_not_even_what_was_queued(stripe: Stripe, endpoint: Json) -> None:
    stripe.post("/v1/products", {"name": "P"})
    stripe.delete(f"/v1/webhook_endpoints/{endpoint['id']}")
    stripe.deliver()
    assert stripe.receiver.requests == []
    assert stripe.world.store.all("stripe.delivery") == []


def test_the_payload_has_the_endpoints_api_version(stripe: Stripe, session: Json) -> None:
    for version in ("2024-04-10", "2026-10-28.endive"):
        stripe.post(
            "/v1/webhook_endpoints",
            {
                "url": URL,
                "enabled_events": ["customer.subscription.created"],
                "api_version": version,
            },
        )
    stripe.send(
        "POST",
        session["url"].removeprefix("http://127.0.0.1:1"),
        {"email": "a@example.com", "card": "4242424242424242"},
    )
    stripe.deliver()
    old, new = sorted(stripe.receiver.events, key=lambda event: str(event["api_version"]))
    assert old["id"] == new["id"]
    item = old["data"]["object"]["items"]["data"][0]
    assert old["data"]["object"]["current_period_end"] > old["created"]
    assert "current_period_end" not in item
    assert "current_period_end" not in new["data"]["object"]
    assert new["data"]["object"]["items"]["data"][0]["current_period_end"] > new["created"]
    assert item["price"]["recurring"]["interval"] == "month"


def test_an_endpoint_that_fails_is_tried_again_later_and_later(
    stripe: Stripe, endpoint: Json
) -> None:
    stripe.receiver.status = 500
    stripe.post("/v1/products", {"name": "P"})
    assert stripe.deliver() == 1
    assert stripe.deliver() == 0
    for pause in (2, 10, 60, 600, 3600):
        stripe.world.clock.advance(pause - 1)
        assert stripe.deliver() == 0
        stripe.world.clock.advance(1)
        assert stripe.deliver() == 1
    stripe.world.clock.advance(10**6)
    assert stripe.deliver() == 0
    [delivery] = stripe.world.store.all("stripe.delivery")
    assert delivery["status"] == "failed"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500] * 6


def test_every_attempt_is_signed_afresh(stripe: Stripe, endpoint: Json) -> None:
    stripe.receiver.status = 500
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()
    stripe.world.clock.advance(2)
    stripe.deliver()
    first, second = stripe.receiver.requests
    assert first.content == second.content
    assert first.headers["stripe-signature"] != second.headers["stripe-signature"]


def test_pending_webhooks_counts_what_has_not_arrived(stripe: Stripe, endpoint: Json) -> None:
    stripe.receiver.status = 500
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()

    def pending() -> int:
        return int(stripe.get("/v1/events")["data"][0]["pending_webhooks"])

    assert pending() == 1
    stripe.receiver.status = 200
    stripe.world.clock.advance(2)
    stripe.deliver()
    assert pending() == 0
    assert stripe.get("/v1/events", {"delivery_success": False})["data"] == []


def test_a_delivery_can_be_sent_again(stripe: Stripe, endpoint: Json) -> None:
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()
    [delivery] = stripe.send("GET", "/_sandbox/stripe/deliveries").json()["deliveries"]
    assert delivery["status"] == "succeeded"
    assert delivery["attempts"][0]["body"] == "thanks"
    stripe.send("POST", f"/_sandbox/stripe/deliveries/{delivery['id']}/resend")
    assert stripe.get("/v1/events")["data"][0]["pending_webhooks"] == 1
    assert stripe.deliver() == 1
    assert stripe.get("/v1/events")["data"][0]["pending_webhooks"] == 0
    assert len(stripe.receiver.requests) == 2
    assert stripe.send("POST", "/_sandbox/stripe/deliveries/x/resend").status_code == 404


def test_what_the_sandbox_does_is_no_write_of_a_deployer(stripe: Stripe, endpoint: Json) -> None:
    stripe.post("/v1/products", {"name": "P"})
    mark = stripe.world.journal.mark()
    stripe.send("GET", "/_sandbox/stripe/deliveries")
    stripe.send("POST", "/_sandbox/stripe/deliveries/delivery-1/resend")
    stripe.send("POST", "/_sandbox/stripe/events")
    entries = stripe.world.journal.entries(since=mark)
    assert [(entry.write, entry.note) for entry in entries] == [(False, "control")] * 3


def test_nothing_is_sent_to_another_machine(stripe: Stripe) -> None:
    params = {"url": "https://example.com/hook", "enabled_events": ["product.created"]}
    stripe.post("/v1/webhook_endpoints", params)
    stripe.post("/v1/products", {"name": "P"})
    stripe.deliver()
    assert stripe.receiver.requests == []
    [delivery] = stripe.world.store.all("stripe.delivery")
    assert "loopback addresses only" in delivery["attempts"][0]["error"]


def test_events_are_kept_for_thirty_days(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"name": "P"})
    stripe.world.clock.advance(31 * 24 * 3600)
    assert stripe.get("/v1/events")["data"] == []
