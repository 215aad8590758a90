"""Test clocks: what lives on one lives in its time, in Stripe's order and within its limits."""

from typing import Any

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe

CLOCKS = "/v1/test_helpers/test_clocks"
START = 1_750_000_000
HOUR, DAY = 3600, 24 * 3600
URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def clock(stripe: Stripe) -> Json:
    return stripe.post(CLOCKS, {"frozen_time": START, "name": "a month"})


@pytest.fixture
def customer(stripe: Stripe, clock: Json) -> Json:
    settings = {"default_payment_method": "pm_card_visa"}
    fields = {"email": "a@example.com", "test_clock": clock["id"], "invoice_settings": settings}
    return stripe.post("/v1/customers", fields)


@pytest.fixture
def subscription(stripe: Stripe, customer: Json, monthly: Json) -> Json:
    return subscribe(stripe, customer, monthly)


def subscribe(stripe: Stripe, customer: Json, price: Json, **more: Any) -> Json:
    fields = {"customer": customer["id"], "items": [{"price": price["id"]}], **more}
    return stripe.post("/v1/subscriptions", fields)


def begin(stripe: Stripe, clock: Json, moment: int) -> Json:
    return stripe.post(f"{CLOCKS}/{clock['id']}/advance", {"frozen_time": moment})


def advance(stripe: Stripe, clock: Json, moment: int) -> list[Json]:
    """Move the clock; what happened, apart from the clock's own events, the oldest first."""
    seen = len(events(stripe))
    begin(stripe, clock, moment)
    stripe.app.state.renewals.take_due()
    assert stripe.get(f"{CLOCKS}/{clock['id']}")["status"] == "ready"
    return [e for e in events(stripe)[seen:] if not e["type"].startswith("test_helpers.")]


def events(stripe: Stripe) -> list[Json]:
    found: list[Json] = stripe.get("/v1/events", {"limit": 100})["data"]
    return found[::-1]


def types(happened: list[Json]) -> list[str]:
    return [event["type"] for event in happened]


def end_of(subscription: Json) -> int:
    return int(subscription["items"]["data"][0]["current_period_end"])


def refusal(stripe: Stripe, method: str, path: str, params: Any = None) -> tuple[int, str]:
    error = stripe.refused(method, path, params)
    return error["status"], error["message"]


def test_a_clock_is_made_listed_and_deleted(stripe: Stripe, clock: Json) -> None:
    now = int(stripe.world.clock.now())
    assert (clock["frozen_time"], clock["status"], clock["name"]) == (START, "ready", "a month")
    assert (clock["created"], clock["deletes_after"]) == (now, now + 30 * DAY)
    assert clock["id"].startswith("clock_1")
    assert stripe.get(CLOCKS)["data"] == [clock]
    assert stripe.delete(f"{CLOCKS}/{clock['id']}") == {
        "id": clock["id"], "object": "test_helpers.test_clock", "deleted": True,
    }  # fmt: skip
    assert refusal(stripe, "GET", f"{CLOCKS}/{clock['id']}")[0] == 404
    assert types(events(stripe)) == [
        "test_helpers.test_clock.created",
        "test_helpers.test_clock.deleted",
    ]


def test_there_is_no_clock_in_live_mode(stripe: Stripe, clock: Json) -> None:
    stripe.key = stripe.keys["stripe_live_key"]
    status, said = refusal(stripe, "POST", CLOCKS, {"frozen_time": START})
    assert (status, "only be created in test mode" in said) == (400, True)
    status, said = refusal(stripe, "POST", "/v1/customers", {"test_clock": clock["id"]})
    assert (status, "exists in test mode" in said) == (400, True)


def test_what_is_on_a_clock_lives_in_its_time(
    stripe: Stripe, clock: Json, customer: Json, subscription: Json
) -> None:
    invoice = stripe.get(f"/v1/invoices/{subscription['latest_invoice']}")
    for thing in (customer, subscription, invoice):
        assert (thing["created"], thing["test_clock"]) == (START, clock["id"])
    assert invoice["status_transitions"]["paid_at"] == START
    assert end_of(subscription) == START + 30 * DAY
    stripe.world.clock.advance(90 * DAY - HOUR)
    assert stripe.app.state.renewals.take_due() == 1, "only the clock itself has had its time"


def test_a_renewal_is_drafted_then_charged_an_hour_later(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    end = end_of(subscription)
    drafted = advance(stripe, clock, end)
    assert types(drafted) == ["invoice.created", "customer.subscription.updated"]
    assert drafted[0]["data"]["object"]["status"] == "draft"
    paid = advance(stripe, clock, end + HOUR)
    assert types(paid) == ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"]
    assert {event["created"] for event in paid} == {end + HOUR}
    renewed = stripe.get(f"/v1/subscriptions/{subscription['id']}")
    assert (renewed["status"], end_of(renewed) > end) == ("active", True)


def test_two_periods_pass_in_one_advance_each_at_its_own_time(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    happened = advance(stripe, clock, START + 61 * DAY)
    moments = [e["created"] for e in happened if e["type"] == "invoice.created"]
    assert moments == [end_of(subscription), START + 61 * DAY]
    [paid] = [e for e in happened if e["type"] == "invoice.paid"]
    assert paid["created"] == end_of(subscription) + HOUR


def test_an_advancing_clock_refuses_changes_until_it_is_ready(
    stripe: Stripe, clock: Json, customer: Json, subscription: Json
) -> None:
    target = START + DAY
    moving = begin(stripe, clock, target)
    assert (moving["status"], moving["frozen_time"]) == ("advancing", START)
    assert moving["status_details"] == {"advancing": {"target_frozen_time": target}}
    for method, path in (
        ("POST", f"/v1/subscriptions/{subscription['id']}"),
        ("DELETE", f"/v1/subscriptions/{subscription['id']}"),
        ("POST", f"/v1/customers/{customer['id']}"),
        ("POST", f"/v1/invoices/{subscription['latest_invoice']}/void"),
        ("DELETE", f"{CLOCKS}/{clock['id']}"),
    ):
        status, said = refusal(stripe, method, path)
        assert (status, "advancement underway" in said) == (429, True), path
    assert (
        refusal(stripe, "POST", f"{CLOCKS}/{clock['id']}/advance", {"frozen_time": target})[0]
        == 429
    )
    stripe.app.state.renewals.take_due()
    ready = stripe.get(f"{CLOCKS}/{clock['id']}")
    assert (ready["status"], ready["frozen_time"], ready["status_details"]) == ("ready", target, {})
    assert types(events(stripe))[-2:] == [
        "test_helpers.test_clock.advancing",
        "test_helpers.test_clock.ready",
    ]


def test_a_clock_moves_forward_and_by_two_periods_at_most(
    stripe: Stripe, clock: Json, customer: Json, monthly: Json
) -> None:
    path = f"{CLOCKS}/{clock['id']}/advance"
    for moment in (START, START - 1):
        status, said = refusal(stripe, "POST", path, {"frozen_time": moment})
        assert (status, "after its current frozen time" in said) == (400, True)
    assert "2 years" in refusal(stripe, "POST", path, {"frozen_time": START + 731 * DAY})[1]
    subscribe(stripe, customer, monthly)
    assert "2 intervals" in refusal(stripe, "POST", path, {"frozen_time": START + 62 * DAY})[1]
    assert begin(stripe, clock, START + 61 * DAY)["status"] == "advancing"


def test_a_clock_takes_three_customers(stripe: Stripe, clock: Json) -> None:
    for _ in range(3):
        stripe.post("/v1/customers", {"test_clock": clock["id"]})
    status, said = refusal(stripe, "POST", "/v1/customers", {"test_clock": clock["id"]})
    assert (status, "up to 3 customers" in said) == (400, True)


def test_a_customer_keeps_out_of_clocks_once_it_is_made(stripe: Stripe, clock: Json) -> None:
    made = stripe.post("/v1/customers")
    error = stripe.refused("POST", f"/v1/customers/{made['id']}", {"test_clock": clock["id"]})
    assert error["code"] == "parameter_unknown"


def test_lists_show_what_is_on_a_clock_only_when_it_is_asked_for(
    stripe: Stripe, clock: Json, customer: Json, subscription: Json
) -> None:
    def found(path: str, **filters: str) -> list[str]:
        return [one["id"] for one in stripe.get(path, filters)["data"]]

    assert found("/v1/customers") == found("/v1/subscriptions") == []
    assert found("/v1/customers", test_clock=clock["id"]) == [customer["id"]]
    assert found("/v1/subscriptions", test_clock=clock["id"]) == [subscription["id"]]
    assert found("/v1/subscriptions", customer=customer["id"]) == [subscription["id"]]


def test_a_trial_is_announced_then_ends_in_a_paid_period(
    stripe: Stripe, clock: Json, customer: Json, monthly: Json
) -> None:
    made = subscribe(stripe, customer, monthly, trial_period_days=7)
    assert (made["status"], made["trial_end"]) == ("trialing", START + 7 * DAY)
    [warning] = advance(stripe, clock, START + 4 * DAY)
    assert warning["type"] == "customer.subscription.trial_will_end"
    happened = advance(stripe, clock, START + 7 * DAY + HOUR)
    assert types(happened) == [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    assert happened[1]["data"]["previous_attributes"]["status"] == "trialing"
    assert happened[-1]["data"]["object"]["amount_paid"] == 9900


def decline(stripe: Stripe, subscription: Json) -> None:
    """Every charge of the subscription fails from now on."""
    fields = {"default_payment_method": "pm_card_chargeCustomerFail"}
    stripe.post(f"/v1/subscriptions/{subscription['id']}", fields)


def test_a_failed_payment_is_tried_three_times_more_and_ends_the_subscription(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    decline(stripe, subscription)
    charged = end_of(subscription) + HOUR
    happened = advance(stripe, clock, charged)
    assert types(happened)[-2:] == ["invoice.payment_failed", "customer.subscription.updated"]
    unpaid = stripe.get(f"/v1/subscriptions/{subscription['id']}")
    assert unpaid["status"] == "past_due"
    invoice = stripe.get(f"/v1/invoices/{unpaid['latest_invoice']}")
    assert invoice["next_payment_attempt"] == charged + 3 * DAY
    last = advance(stripe, clock, charged + 15 * DAY)
    assert types(last) == ["invoice.payment_failed"] * 3 + ["customer.subscription.deleted"]
    moments = [event["created"] - charged for event in last]
    assert moments == [3 * DAY, 8 * DAY, 15 * DAY, 15 * DAY]
    ended = stripe.get(f"/v1/subscriptions/{subscription['id']}")
    assert (ended["status"], ended["cancellation_details"]["reason"]) == (
        "canceled",
        "payment_failed",
    )


def test_a_card_that_works_again_makes_the_subscription_active(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    decline(stripe, subscription)
    charged = end_of(subscription) + HOUR
    advance(stripe, clock, charged)
    good = {"default_payment_method": "pm_card_visa"}
    stripe.post(f"/v1/subscriptions/{subscription['id']}", good)
    happened = advance(stripe, clock, charged + 3 * DAY)
    assert types(happened) == [
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]
    assert happened[-1]["data"]["object"]["status"] == "active"


def test_a_cancellation_at_the_periods_end_waits_for_the_clock(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    asked = stripe.post(path, {"cancel_at_period_end": True})
    end = end_of(subscription)
    assert (asked["canceled_at"], asked["cancel_at"]) == (START, end)
    assert advance(stripe, clock, end - 1) == []
    assert types(advance(stripe, clock, end)) == ["customer.subscription.deleted"]
    assert stripe.get(path)["ended_at"] == end


def test_a_checkout_of_a_customer_on_a_clock_is_in_its_time(
    stripe: Stripe, clock: Json, customer: Json, monthly: Json
) -> None:
    order = {
        "mode": "subscription",
        "success_url": "http://127.0.0.1/done",
        "customer": customer["id"],
        "line_items": [{"price": monthly["id"]}],
    }
    session = stripe.post("/v1/checkout/sessions", order)
    card = {"email": "a@example.com", "card": "4242424242424242"}
    stripe.send("POST", session["url"].removeprefix("http://127.0.0.1:1"), card)
    [bought] = stripe.get("/v1/subscriptions", {"test_clock": clock["id"]})["data"]
    assert (bought["created"], bought["status"]) == (START, "active")
    assert "invoice.paid" in types(advance(stripe, clock, end_of(bought) + HOUR))


def test_the_customers_of_a_clock_go_with_it(
    stripe: Stripe, clock: Json, customer: Json, subscription: Json
) -> None:
    stripe.delete(f"{CLOCKS}/{clock['id']}")
    assert stripe.get(f"/v1/customers/{customer['id']}")["deleted"] is True
    assert stripe.get(f"/v1/subscriptions/{subscription['id']}")["status"] == "canceled"
    assert types(events(stripe))[-3:] == [
        "customer.subscription.deleted",
        "customer.deleted",
        "test_helpers.test_clock.deleted",
    ]


def test_a_clock_goes_by_itself_after_thirty_days(stripe: Stripe, clock: Json) -> None:
    stripe.world.clock.advance(30 * DAY - 1)
    stripe.app.state.renewals.take_due()
    assert stripe.get(CLOCKS)["data"]
    stripe.world.clock.advance(1)
    stripe.app.state.renewals.take_due()
    assert stripe.get(CLOCKS)["data"] == []


def test_what_happens_on_a_clock_is_delivered_at_once(
    stripe: Stripe, clock: Json, subscription: Json
) -> None:
    wanted = ["invoice.payment_succeeded", "test_helpers.test_clock.ready"]
    stripe.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": wanted})
    advance(stripe, clock, end_of(subscription) + HOUR)
    assert stripe.deliver() == 2
    assert sorted(stripe.receiver.types) == sorted(wanted)
