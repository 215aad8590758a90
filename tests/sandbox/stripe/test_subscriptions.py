"""The life of a subscription: renewed, unpaid, changed, cancelled."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stackwright.sandbox.app import in_process, vendor_app
from tests.sandbox.stripe.helpers import Json, Stripe

DAY = 24 * 3600


def trigger(stripe: Stripe, kind: str, **more: Any) -> Any:
    async def send() -> httpx.Response:
        transport = in_process(vendor_app(stripe.world, "stripe", stripe.app))
        async with httpx.AsyncClient(transport=transport, base_url="http://stripe") as client:
            body = json.dumps({"type": kind, **more})
            return await client.post("/_sandbox/stripe/events", content=body)

    return asyncio.run(send())


@pytest.fixture
def subscription(stripe: Stripe, session: Json) -> Json:
    assert trigger(stripe, "checkout.session.completed").status_code == 200
    [found] = stripe.get("/v1/subscriptions")["data"]
    return dict(found)


def reload(stripe: Stripe, subscription: Json) -> Json:
    return dict(stripe.get(f"/v1/subscriptions/{subscription['id']}"))


def period(subscription: Json) -> tuple[int, int]:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def types(stripe: Stripe, since: int) -> list[str]:
    events = stripe.get("/v1/events", {"limit": 100})["data"]
    return [event["type"] for event in events[: len(events) - since]][::-1]


def test_a_renewal_moves_the_period_forward_and_is_paid(stripe: Stripe, subscription: Json) -> None:
    seen = len(stripe.get("/v1/events", {"limit": 100})["data"])
    trigger(stripe, "invoice.payment_succeeded", subscription=subscription["id"])
    after = reload(stripe, subscription)
    assert period(after)[0] == period(subscription)[1]
    assert after["status"] == "active"
    assert types(stripe, seen) == [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    newest = stripe.get("/v1/invoices", {"subscription": subscription["id"]})["data"][0]
    assert (newest["billing_reason"], newest["id"]) == (
        "subscription_cycle",
        after["latest_invoice"],
    )
    line = newest["lines"]["data"][0]
    assert line["description"] == "1 \u00d7 Accelerator (at 99.00 USD / month)"
    assert line["pricing"]["price_details"] == {
        "price": subscription["items"]["data"][0]["price"]["id"],
        "product": "accelerator",
    }
    assert line["period"] == dict(zip(("start", "end"), period(after), strict=True))


def test_time_renews_a_subscription(stripe: Stripe, subscription: Json) -> None:
    stripe.world.clock.advance(65 * DAY)
    assert stripe.app.state.renewals.take_due() == 4
    assert period(reload(stripe, subscription))[1] > stripe.world.clock.now()
    invoices = stripe.get("/v1/invoices", {"subscription": subscription["id"]})["data"]
    assert [invoice["status"] for invoice in invoices] == ["paid"] * 3
    drafted, paid = (invoices[0][name] for name in ("created", "status_transitions"))
    assert drafted == period(reload(stripe, subscription))[0]
    assert paid["paid_at"] == drafted + 3600


def test_the_invoice_of_a_renewal_is_a_draft_for_an_hour(
    stripe: Stripe, subscription: Json
) -> None:
    stripe.world.clock.advance(period(subscription)[1] - stripe.world.clock.now())
    stripe.app.state.renewals.take_due()
    draft = stripe.get("/v1/invoices")["data"][0]
    assert (draft["status"], draft["number"], draft["auto_advance"]) == ("draft", None, True)
    assert draft["automatically_finalizes_at"] == stripe.world.clock.now() + 3600
    assert "is draft" in stripe.refused("POST", f"/v1/invoices/{draft['id']}/void")["message"]
    assert draft["id"] in stripe.send("GET", f"/i/test_{draft['id']}").text
    assert stripe.post(f"/v1/invoices/{draft['id']}/pay")["status"] == "paid"
    stripe.world.clock.advance(3600)
    assert stripe.app.state.renewals.take_due() == 0


def test_a_failed_payment_makes_the_subscription_past_due_until_it_is_paid(
    stripe: Stripe, subscription: Json
) -> None:
    trigger(stripe, "invoice.payment_failed")
    unpaid = reload(stripe, subscription)
    assert unpaid["status"] == "past_due"
    invoice = stripe.get(f"/v1/invoices/{unpaid['latest_invoice']}")
    assert (invoice["status"], invoice["attempt_count"]) == ("open", 1)
    seen = len(stripe.get("/v1/events", {"limit": 100})["data"])
    stripe.post(f"/v1/invoices/{invoice['id']}/pay")
    assert reload(stripe, subscription)["status"] == "active"
    assert types(stripe, seen) == [
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]
    assert stripe.refused("POST", f"/v1/invoices/{invoice['id']}/pay")["code"] == (
        "invoice_already_paid"
    )


def test_a_card_that_fails_later_makes_renewals_fail(stripe: Stripe, session: Json) -> None:
    from_page = {"email": "a@example.com", "card": "4000000000000341"}
    stripe.send("POST", session["url"].removeprefix("http://127.0.0.1:1"), from_page)
    [subscription] = stripe.get("/v1/subscriptions")["data"]
    assert subscription["status"] == "incomplete"


def test_a_cancellation_at_the_periods_end_can_be_taken_back(
    stripe: Stripe, subscription: Json
) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    ending = stripe.post(path, {"cancel_at_period_end": True})
    assert (ending["status"], ending["cancel_at"]) == ("active", period(subscription)[1])
    assert ending["canceled_at"] == int(stripe.world.clock.now())
    kept = stripe.post(path, {"cancel_at_period_end": False, "metadata": {"a": "b"}})
    assert kept["metadata"] == {"user_id": "user-1", "a": "b"}
    assert (kept["cancel_at"], kept["canceled_at"]) == (None, None)


def test_a_cancelled_subscription_ends_with_its_period(stripe: Stripe, subscription: Json) -> None:
    trigger(stripe, "customer.subscription.updated")
    asked = int(stripe.world.clock.now())
    stripe.world.clock.advance(32 * DAY)
    stripe.app.state.renewals.take_due()
    ended = reload(stripe, subscription)
    assert (ended["status"], ended["canceled_at"]) == ("canceled", asked)
    assert ended["ended_at"] == period(subscription)[1]
    assert stripe.get("/v1/events", {"type": "customer.subscription.deleted"})["data"]
    assert stripe.get("/v1/subscriptions")["data"] == []
    assert len(stripe.get("/v1/subscriptions", {"status": "all"})["data"]) == 1


def test_a_subscription_can_be_ended_at_once(stripe: Stripe, subscription: Json) -> None:
    assert stripe.delete(f"/v1/subscriptions/{subscription['id']}")["status"] == "canceled"
    assert stripe.refused("DELETE", f"/v1/subscriptions/{subscription['id']}")["code"] == (
        "resource_missing"
    )


def test_a_change_to_a_yearly_price_begins_a_year(stripe: Stripe, subscription: Json) -> None:
    yearly = stripe.post(
        "/v1/prices",
        {
            "product": "accelerator",
            "currency": "usd",
            "unit_amount": 99900,
            "recurring": {"interval": "year"},
        },
    )
    item = subscription["items"]["data"][0]["id"]
    changed = stripe.post(
        f"/v1/subscriptions/{subscription['id']}",
        {"items": [{"id": item, "price": yearly["id"]}], "proration_behavior": "none"},
    )
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in period(changed))
    assert end == start.replace(year=start.year + 1)
    newest = stripe.get("/v1/invoices")["data"][0]
    assert (newest["amount_paid"], newest["billing_reason"]) == (99900, "subscription_update")


def test_a_subscription_needs_someone_who_can_pay(stripe: Stripe, monthly: Json) -> None:
    customer = stripe.post("/v1/customers", {"email": "a@example.com"})
    params = {"customer": customer["id"], "items": [{"price": monthly["id"]}]}
    error = stripe.refused("POST", "/v1/subscriptions", params)
    assert error["message"].startswith("This customer has no attached payment source")
    settings = {"default_payment_method": "pm_card_visa"}
    stripe.post(
        f"/v1/customers/{customer['id']}",
        {"invoice_settings": settings, "expand": ["invoice_settings.default_payment_method"]},
    )
    made = stripe.post("/v1/subscriptions", {**params, "expand": ["latest_invoice"]})
    assert (made["status"], made["latest_invoice"]["amount_paid"]) == ("active", 9900)


def test_a_trial_is_followed_by_a_paid_period(stripe: Stripe, monthly: Json) -> None:
    customer = stripe.post(
        "/v1/customers", {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    made = stripe.post(
        "/v1/subscriptions",
        {
            "customer": customer["id"],
            "items": [{"price": monthly["id"]}],
            "trial_period_days": 7,
        },
    )
    assert made["status"] == "trialing"
    [line] = stripe.get(f"/v1/invoices/{made['latest_invoice']}")["lines"]["data"]
    assert (line["amount"], line["description"]) == (0, "Trial period for Accelerator")
    stripe.world.clock.advance(7 * DAY + 3600)
    stripe.app.state.renewals.take_due()
    after = reload(stripe, made)
    assert (after["status"], period(after)[0]) == ("active", made["trial_end"])
    assert stripe.get(f"/v1/invoices/{after['latest_invoice']}")["amount_paid"] == 9900


def test_the_older_api_version_has_the_period_on_the_subscription(
    stripe: Stripe, subscription: Json
) -> None:
    stripe.version = "2024-04-10"
    old = reload(stripe, subscription)
    assert (old["current_period_start"], old["current_period_end"]) == period(subscription)
    assert "current_period_end" not in old["items"]["data"][0]
    assert old["plan"]["id"] == subscription["items"]["data"][0]["price"]["id"]
    invoice = stripe.get(f"/v1/invoices/{old['latest_invoice']}")
    assert (invoice["subscription"], invoice["paid"]) == (subscription["id"], True)
    assert invoice["lines"]["data"][0]["price"]["id"] == old["plan"]["id"]


def test_a_customer_cancels_in_the_portal(stripe: Stripe, subscription: Json) -> None:
    portal = stripe.post(
        "/v1/billing_portal/sessions",
        {"customer": subscription["customer"], "return_url": "http://127.0.0.1/account"},
    )
    path = portal["url"].removeprefix("http://127.0.0.1:1")
    assert "Cancel subscription" in stripe.send("GET", path).text
    form = {"action": "cancel", "subscription": subscription["id"]}
    assert stripe.send("POST", path, form).status_code == 303
    ending = reload(stripe, subscription)
    assert (ending["status"], ending["cancel_at_period_end"]) == ("active", True)
    assert "Keep subscription" in stripe.send("GET", path).text
    stripe.send("POST", path, {**form, "action": "keep"})
    assert reload(stripe, subscription)["cancel_at_period_end"] is False
    assert stripe.send("POST", path, {"action": "burn"}).status_code == 400


def test_a_portal_link_shows_one_customer_only_and_for_an_hour(
    stripe: Stripe, subscription: Json
) -> None:
    other = stripe.post("/v1/customers", {"email": "b@example.com"})
    portal = stripe.post("/v1/billing_portal/sessions", {"customer": other["id"]})
    path = portal["url"].removeprefix("http://127.0.0.1:1")
    form = {"action": "cancel", "subscription": subscription["id"]}
    assert "belongs to another customer" in stripe.send("POST", path, form).text
    assert reload(stripe, subscription)["cancel_at_period_end"] is False
    stripe.world.clock.advance(3600)
    assert stripe.send("GET", path).status_code == 410


def test_a_deleted_customer_ends_the_subscriptions(stripe: Stripe, subscription: Json) -> None:
    customer = subscription["customer"]
    assert stripe.delete(f"/v1/customers/{customer}")["deleted"] is True
    assert reload(stripe, subscription)["status"] == "canceled"
    assert stripe.get(f"/v1/customers/{customer}")["deleted"] is True
    assert stripe.get("/v1/events", {"type": "customer.deleted"})["data"]
    assert stripe.get("/v1/customers")["data"] == []
    refused = stripe.refused("POST", "/v1/billing_portal/sessions", {"customer": customer})
    assert refused["code"] == "resource_missing"


def test_the_sandbox_makes_the_six_events_and_no_others(stripe: Stripe, monthly: Json) -> None:
    assert trigger(stripe, "customer.subscription.deleted").status_code == 400
    for kind in (
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.payment_succeeded",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.subscription.deleted",
    ):
        assert trigger(stripe, kind).status_code == 200
        assert stripe.get("/v1/events", {"type": kind})["data"]
    refused = trigger(stripe, "price.created")
    assert refused.status_code == 400
    assert "one of checkout.session.completed" in refused.json()["message"]
    writes = [entry.path for entry in stripe.world.journal.entries() if entry.write]
    assert writes == ["/v1/products", "/v1/prices"]


def test_a_trial_can_be_moved_and_ended(stripe: Stripe, subscription: Json) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    later = int(stripe.world.clock.now()) + 5 * DAY
    moved = stripe.post(path, {"trial_end": later})
    assert (moved["status"], moved["trial_end"], period(moved)[1]) == ("trialing", later, later)
    ended = stripe.post(path, {"trial_end": "now", "expand": ["latest_invoice"]})
    assert (ended["status"], ended["latest_invoice"]["amount_paid"]) == ("active", 9900)
    assert stripe.refused("POST", path, {"trial_end": 5})["param"] == "trial_end"
    assert stripe.post(path, {"metadata": {"a": "b"}})["status"] == "active"


def test_a_discount_for_once_does_not_lower_the_renewal(stripe: Stripe, monthly: Json) -> None:
    stripe.post("/v1/coupons", {"id": "once", "percent_off": 50})
    stripe.post(
        "/v1/coupons",
        {
            "id": "always",
            "amount_off": 100,
            "currency": "usd",
            "duration": "forever",
            "max_redemptions": 1,
        },
    )
    customer = stripe.post(
        "/v1/customers", {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    params = {
        "customer": customer["id"],
        "items": [{"price": monthly["id"]}],
        "discounts": [{"coupon": "once"}, {"coupon": "always"}],
        "expand": ["latest_invoice"],
    }
    made = stripe.post("/v1/subscriptions", params)
    assert made["latest_invoice"]["amount_paid"] == 4850
    trigger(stripe, "invoice.payment_succeeded")
    renewed = stripe.get(f"/v1/subscriptions/{made['id']}", {"expand": ["latest_invoice"]})
    assert renewed["latest_invoice"]["amount_paid"] == 9800
    assert stripe.refused("POST", "/v1/subscriptions", params)["code"] == "coupon_expired"


def test_items_are_added_and_taken_away(stripe: Stripe, subscription: Json) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    extra = stripe.post(
        "/v1/prices",
        {
            "product": "accelerator",
            "currency": "usd",
            "unit_amount": 500,
            "recurring": {"interval": "month"},
        },
    )
    two = stripe.post(path, {"items": [{"price": extra["id"], "quantity": 2}]})
    first, second = two["items"]["data"]
    assert second["quantity"] == 2
    one = stripe.post(path, {"items": [{"id": first["id"], "deleted": True}]})
    assert [item["price"]["id"] for item in one["items"]["data"]] == [extra["id"]]
    last = {"items": [{"id": second["id"], "deleted": True}]}
    assert "at least one" in stripe.refused("POST", path, last)["message"]
    assert stripe.refused("POST", path, {"items": [{"id": "si_x"}]})["code"] == "resource_missing"


def test_a_customer_pays_an_open_invoice_on_its_page(stripe: Stripe, subscription: Json) -> None:
    trigger(stripe, "invoice.payment_failed")
    unpaid = reload(stripe, subscription)["latest_invoice"]
    url = stripe.get(f"/v1/invoices/{unpaid}")["hosted_invoice_url"]
    path = url.removeprefix("http://127.0.0.1:1")
    assert "99.00 USD, open" in stripe.send("GET", path).text
    declined = stripe.send("POST", path, {"card": "4000000000000341"})
    assert (declined.status_code, "was declined" in declined.text) == (402, True)
    assert stripe.send("POST", path, {"card": "5555555555554444"}).status_code == 303
    assert "99.00 USD, paid" in stripe.send("GET", path).text
    paid = stripe.get(
        f"/v1/subscriptions/{subscription['id']}", {"expand": ["default_payment_method"]}
    )
    assert paid["status"] == "active"
    assert paid["default_payment_method"]["card"]["brand"] == "mastercard"
    assert stripe.send("POST", path, {"card": "5555555555554444"}).status_code == 402
    assert stripe.send("GET", "/i/test_in_x").status_code == 404


def test_an_open_invoice_can_be_given_up(stripe: Stripe, subscription: Json) -> None:
    trigger(stripe, "invoice.payment_failed")
    path = f"/v1/invoices/{reload(stripe, subscription)['latest_invoice']}"
    assert stripe.post(f"{path}/void")["status"] == "void"
    assert stripe.get("/v1/events", {"type": "invoice.voided"})["data"]
    assert "is void" in stripe.refused("POST", f"{path}/void")["message"]
    assert "is void" in stripe.refused("POST", f"{path}/pay")["message"]


def test_a_failed_change_of_interval_is_past_due(stripe: Stripe, subscription: Json) -> None:
    customer = f"/v1/customers/{subscription['customer']}"
    params = {"invoice_settings": {"default_payment_method": "pm_card_chargeCustomerFail"}}
    bad = stripe.post(customer, params)["invoice_settings"]["default_payment_method"]
    yearly = stripe.post(
        "/v1/prices",
        {
            "product": "accelerator",
            "currency": "usd",
            "unit_amount": 99900,
            "recurring": {"interval": "year"},
        },
    )
    item = subscription["items"]["data"][0]["id"]
    changed = stripe.post(
        f"/v1/subscriptions/{subscription['id']}",
        {"default_payment_method": bad, "items": [{"id": item, "price": yearly["id"]}]},
    )
    assert changed["status"] == "past_due"


def test_a_renewal_of_an_ended_subscription_is_refused(stripe: Stripe, subscription: Json) -> None:
    stripe.delete(f"/v1/subscriptions/{subscription['id']}")
    answer = trigger(stripe, "invoice.payment_succeeded", subscription=subscription["id"])
    assert (answer.status_code, "is canceled" in answer.text) == (400, True)
    error = stripe.refused("POST", f"/v1/subscriptions/{subscription['id']}", {"metadata": ""})
    assert "canceled subscription" in error["message"]


def test_nobody_pays_with_the_card_of_another(stripe: Stripe, subscription: Json) -> None:
    other = stripe.post("/v1/customers", {"email": "b@example.com"})["id"]
    method = subscription["default_payment_method"]
    settings = {"invoice_settings": {"default_payment_method": method}}
    assert (
        "must be attached" in stripe.refused("POST", f"/v1/customers/{other}", settings)["message"]
    )
    own = stripe.post(f"/v1/customers/{subscription['customer']}", settings)
    assert own["invoice_settings"]["default_payment_method"] == method
    attached = stripe.post("/v1/payment_methods/pm_card_visa/attach", {"customer": other})
    assert stripe.get(f"/v1/payment_methods/{attached['id']}")["customer"] == other


def test_only_active_recurring_prices_of_one_rhythm_are_subscribed_to(
    stripe: Stripe, subscription: Json, monthly: Json
) -> None:
    plain = {"product": "accelerator", "unit_amount": 1}
    once = stripe.post("/v1/prices", {**plain, "currency": "usd"})["id"]
    euro = stripe.post(
        "/v1/prices", {**plain, "currency": "eur", "recurring": {"interval": "month"}}
    )["id"]
    weekly = stripe.post(
        "/v1/prices", {**plain, "currency": "usd", "recurring": {"interval": "week"}}
    )["id"]
    customer = subscription["customer"]

    def refusal(*prices: str) -> str:
        items = [{"price": price} for price in prices]
        params = {"customer": customer, "items": items}
        return str(stripe.refused("POST", "/v1/subscriptions", params)["message"])

    assert "type=one_time" in refusal(once)
    assert "one currency" in refusal(monthly["id"], euro)
    assert "several intervals" in refusal(monthly["id"], weekly)
    stripe.post(f"/v1/prices/{euro}", {"active": False})
    assert "inactive" in refusal(euro)


def test_a_code_that_is_switched_off_gives_no_discount(stripe: Stripe, session: Json) -> None:
    stripe.post("/v1/coupons", {"id": "half", "percent_off": 50})
    promotion = {"promotion": {"type": "coupon", "coupon": "half"}}
    code = stripe.post("/v1/promotion_codes", promotion)["id"]
    line_items = [{"price": session_price(stripe, session)}]
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": line_items,
        "discounts": [{"promotion_code": code}],
    }
    assert stripe.post("/v1/checkout/sessions", params)["amount_total"] == 4950
    stripe.post(f"/v1/promotion_codes/{code}", {"active": False})
    error = stripe.refused("POST", "/v1/checkout/sessions", params)
    assert error["param"] == "discounts[0][promotion_code]"


def session_price(stripe: Stripe, session: Json) -> str:
    items = stripe.get(f"/v1/checkout/sessions/{session['id']}/line_items")["data"]
    return str(items[0]["price"]["id"])


def test_without_a_recurring_price_there_is_nothing_to_buy(stripe: Stripe) -> None:
    answer = trigger(stripe, "checkout.session.completed")
    assert (answer.status_code, "no active recurring price" in answer.text) == (400, True)


def test_a_subscription_ends_at_the_moment_that_was_set(stripe: Stripe, subscription: Json) -> None:
    path = f"/v1/subscriptions/{subscription['id']}"
    stripe.post(path, {"cancel_at": int(stripe.world.clock.now()) + 3 * DAY})
    assert stripe.app.state.renewals.take_due() == 0
    stripe.world.clock.advance(3 * DAY)
    assert stripe.app.state.renewals.take_due() == 1
    assert reload(stripe, subscription)["status"] == "canceled"
    assert stripe.app.state.renewals.take_due() == 0
