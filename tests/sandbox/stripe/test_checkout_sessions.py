"""Checkout from the product's request to the six events, through the hosted page."""

from typing import Any

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe

CARD = {"email": "ada@example.com", "name": "Ada", "card": "4242 4242 4242 4242"}
PAGE = "http://127.0.0.1:1"


def pay(stripe: Stripe, session: Json, **fields: str) -> Any:
    return stripe.send("POST", session["url"].removeprefix(PAGE), {**CARD, **fields})


def test_paying_makes_customer_subscription_and_paid_invoice(stripe: Stripe, session: Json) -> None:
    response = pay(stripe, session)
    done = stripe.get(f"/v1/checkout/sessions/{session['id']}")
    assert response.status_code == 303
    assert response.headers["location"] == f"http://127.0.0.1/done?session={session['id']}"
    assert (done["status"], done["payment_status"], done["url"]) == ("complete", "paid", None)
    assert done["amount_total"] == 9900
    assert stripe.get(f"/v1/customers/{done['customer']}")["email"] == "ada@example.com"
    subscription = stripe.get(f"/v1/subscriptions/{done['subscription']}")
    assert subscription["status"] == "active"
    assert subscription["metadata"] == {"user_id": "user-1"}
    invoice = stripe.get(f"/v1/invoices/{done['invoice']}")
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 9900)
    assert invoice["billing_reason"] == "subscription_create"


def test_paying_emits_the_events_of_a_new_subscription(stripe: Stripe, session: Json) -> None:
    events = [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.payment_succeeded",
    ]
    stripe.post(
        "/v1/webhook_endpoints", {"url": "http://127.0.0.1:9/hook", "enabled_events": events}
    )
    pay(stripe, session)
    stripe.deliver()
    assert sorted(stripe.receiver.types) == events


def test_the_page_shows_the_amount_and_offers_the_test_card(stripe: Stripe, session: Json) -> None:
    page = stripe.send("GET", session["url"].removeprefix(PAGE))
    assert page.status_code == 200
    assert "99.00 USD" in page.text
    assert "1 Accelerator" in page.text
    assert "4242 4242 4242 4242" in page.text
    assert "script" not in page.text


def test_a_declined_card_leaves_nothing_behind(stripe: Stripe, session: Json) -> None:
    page = pay(stripe, session, card="4000 0000 0000 0002")
    assert page.status_code == 402
    assert "Your card was declined." in page.text
    assert stripe.get("/v1/customers")["data"] == []
    assert stripe.get(f"/v1/checkout/sessions/{session['id']}")["status"] == "open"


def test_a_number_that_is_no_test_card_is_declined(stripe: Stripe, session: Json) -> None:
    assert "used a non test card" in pay(stripe, session, card="4111111111111111").text


def test_a_session_is_paid_once(stripe: Stripe, session: Json) -> None:
    path = session["url"].removeprefix(PAGE)
    pay(stripe, session)
    again = stripe.send("POST", path, CARD)
    assert again.status_code == 410
    assert len(stripe.get("/v1/subscriptions")["data"]) == 1


def test_a_trial_costs_nothing_today(stripe: Stripe, monthly: Json) -> None:
    session = stripe.post(
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/done",
            "subscription_data": {"trial_period_days": 7},
            "line_items": [{"price": monthly["id"]}],
        },
    )
    assert session["amount_total"] == 0
    pay(stripe, session)
    done = stripe.get(
        f"/v1/checkout/sessions/{session['id']}", {"expand": ["subscription", "invoice"]}
    )
    assert done["payment_status"] == "no_payment_required"
    assert done["subscription"]["status"] == "trialing"
    assert done["subscription"]["trial_end"] - done["subscription"]["trial_start"] == 7 * 86400
    assert (done["invoice"]["status"], done["invoice"]["amount_due"]) == ("paid", 0)


def test_a_promotion_code_typed_on_the_page_lowers_the_first_invoice(
    stripe: Stripe, monthly: Json
) -> None:
    stripe.post("/v1/coupons", {"id": "half", "percent_off": 50})
    code = stripe.post(
        "/v1/promotion_codes",
        {"promotion": {"type": "coupon", "coupon": "half"}, "code": "BETA", "max_redemptions": 1},
    )
    session = stripe.post(
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/done",
            "allow_promotion_codes": True,
            "line_items": [{"price": monthly["id"]}],
        },
    )
    assert "This code is invalid." in pay(stripe, session, code="nope").text
    pay(stripe, session, code="beta")
    done = stripe.get(f"/v1/checkout/sessions/{session['id']}", {"expand": ["invoice"]})
    assert done["amount_total"] == 4950
    assert done["total_details"]["amount_discount"] == 4950
    assert done["discounts"] == [{"coupon": None, "promotion_code": code["id"]}]
    assert done["invoice"]["amount_paid"] == 4950
    used = stripe.get(f"/v1/promotion_codes/{code['id']}")
    assert (used["times_redeemed"], used["active"]) == (1, False)
    assert stripe.get("/v1/coupons/half")["times_redeemed"] == 1


def test_a_promotion_code_is_not_taken_where_it_was_not_allowed(
    stripe: Stripe, session: Json
) -> None:
    stripe.post("/v1/coupons", {"id": "half", "percent_off": 50})
    stripe.post(
        "/v1/promotion_codes", {"promotion": {"type": "coupon", "coupon": "half"}, "code": "BETA"}
    )
    assert pay(stripe, session, code="BETA").status_code == 402


def test_an_unpaid_session_expires_after_a_day(stripe: Stripe, session: Json) -> None:
    stripe.world.clock.advance(24 * 3600)
    assert stripe.get(f"/v1/checkout/sessions/{session['id']}")["status"] == "expired"
    assert stripe.get("/v1/events", {"type": "checkout.session.expired"})["data"]
    assert pay(stripe, {"url": session["url"]}).status_code == 410


def test_a_session_can_be_expired_once(stripe: Stripe, session: Json) -> None:
    path = f"/v1/checkout/sessions/{session['id']}/expire"
    assert stripe.post(path)["status"] == "expired"
    assert "has a status of expired" in stripe.refused("POST", path)["message"]


def test_line_items_are_listed_and_expanded(stripe: Stripe, session: Json, monthly: Json) -> None:
    listed = stripe.get(f"/v1/checkout/sessions/{session['id']}/line_items")
    expanded = stripe.get(f"/v1/checkout/sessions/{session['id']}", {"expand": ["line_items"]})
    assert listed["data"][0]["price"]["id"] == monthly["id"]
    assert expanded["line_items"]["data"][0]["amount_total"] == 9900
    assert "line_items" not in session


def test_an_archived_price_cannot_be_sold(stripe: Stripe, monthly: Json) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"active": False})
    error = stripe.refused(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "success_url": "http://x",
            "line_items": [{"price": monthly["id"]}],
        },
    )
    assert error["message"] == (
        "The price specified is inactive. This field only accepts active prices."
    )
    assert error["param"] == "line_items[0][price]"


@pytest.mark.parametrize("missing", ["success_url", "line_items"])
def test_what_a_session_needs_is_named(stripe: Stripe, monthly: Json, missing: str) -> None:
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": [{"price": monthly["id"]}],
    }
    del params[missing]
    error = stripe.refused("POST", "/v1/checkout/sessions", params)
    assert (error["code"], error["param"]) == ("parameter_missing", missing)


def test_a_parameter_that_is_not_emulated_is_refused_loudly(stripe: Stripe, monthly: Json) -> None:
    params = {"mode": "payment", "success_url": "http://x"}
    assert stripe.refused("POST", "/v1/checkout/sessions", params)["code"] == "sandbox_not_emulated"
    taxed = {"automatic_tax": {"enabled": True}}
    error = stripe.refused("POST", "/v1/checkout/sessions", taxed)
    assert error["message"] == (
        "The sandbox does not emulate the parameter automatic_tax of Stripe."
    )


def test_ui_mode_has_the_name_of_its_api_version(stripe: Stripe, session: Json) -> None:
    assert session["ui_mode"] == "hosted_page"
    stripe.version = "2024-04-10"
    assert stripe.get(f"/v1/checkout/sessions/{session['id']}")["ui_mode"] == "hosted"


def test_payment_method_types_went_with_endive(stripe: Stripe, monthly: Json) -> None:
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": [{"price": monthly["id"]}],
    }
    old, new = "payment_method_types", "allowed_payment_method_types"
    path = "/v1/checkout/sessions"
    assert stripe.refused("POST", path, {**params, old: ["card"]})["code"] == "parameter_unknown"
    assert stripe.post(path, {**params, new: ["card"]})["payment_method_types"] == ["card"]
    stripe.version = "2024-04-10"
    assert stripe.refused("POST", path, {**params, new: ["card"]})["param"] == new
    assert stripe.post(path, {**params, old: ["card"]})["payment_method_types"] == ["card"]


@pytest.mark.parametrize(("wait", "status"), [(1799, 400), (1800, 200), (86400, 200), (86401, 400)])
def test_a_session_is_open_for_half_an_hour_to_a_day(
    stripe: Stripe, monthly: Json, wait: int, status: int
) -> None:
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": [{"price": monthly["id"]}],
        "expires_at": int(stripe.world.clock.now()) + wait,
    }
    assert stripe.send("POST", "/v1/checkout/sessions", params).status_code == status


def test_the_page_links_to_web_addresses_only(stripe: Stripe, monthly: Json) -> None:
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": [{"price": monthly["id"]}],
    }
    for address, linked in (("javascript:alert(1)", False), ("http://127.0.0.1/plans", True)):
        made = stripe.post("/v1/checkout/sessions", {**params, "cancel_url": address})
        page = stripe.send("GET", made["url"].removeprefix(PAGE)).text
        assert (f'href="{address}"' in page) is linked


def test_what_is_sold_keeps_its_metadata(stripe: Stripe, monthly: Json) -> None:
    session = stripe.post(
        "/v1/checkout/sessions",
        {
            "mode": "subscription",
            "success_url": "http://x",
            "line_items": [{"price": monthly["id"], "metadata": {"a": "b"}}],
            "expand": ["line_items"],
        },
    )
    assert session["line_items"]["data"][0]["metadata"] == {"a": "b"}


def test_the_sandbox_takes_cards_only(stripe: Stripe, monthly: Json) -> None:
    params = {
        "mode": "subscription",
        "success_url": "http://x",
        "line_items": [{"price": monthly["id"]}],
        "allowed_payment_method_types": ["sepa_debit"],
    }
    error = stripe.refused("POST", "/v1/checkout/sessions", params)
    assert error["message"] == "The sandbox takes cards only."
