"""The functions as they run: real Deno, PostgreSQL and signatures, a Stripe of a few lines."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.product.helpers import Row, sign_up
from tests.product.running import Function, Stripe, running, user

SECRET = "whsec_of_the_test"
SETTINGS = {
    "STRIPE_SECRET_KEY": "sk_test_of_the_test",
    "STRIPE_WEBHOOK_SECRET": SECRET,
    "STRIPE_PRICE_MONTHLY_ACCELERATOR": "price_monthly",
    "STRIPE_PRICE_ANNUAL_ACCELERATOR": "price_annual",
}
NOW = int(time.time())
MONTH = 30 * 24 * 3600


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture(scope="module")
def events(address: str, vendor: Stripe) -> Iterator[Function]:
    environment = {**SETTINGS, "SUPABASE_DB_URL": address, "STRIPE_API_BASE": vendor.address}
    with running("stripe-events", environment) as function:
        yield function


class Customer:
    """A signed-up user whose events Stripe sends."""

    def __init__(self, data: psycopg.Connection[Row], events: Function, vendor: Stripe) -> None:
        self._data, self._events, self._vendor = data, events, vendor
        self.id = str(sign_up(data, f"{uuid.uuid4()}@example.com"))
        self.subscription_id = f"sub_{uuid.uuid4().hex}"

    def row(self) -> Row:
        found = self._data.execute("select * from public.profiles where id = %s", (self.id,))
        row = found.fetchone()
        assert row is not None
        return row

    def subscription(self, **fields: Any) -> Row:
        price = {"id": "price_monthly", "unit_amount": 100}
        return {
            "id": self.subscription_id,
            "object": "subscription",
            "status": "active",
            "metadata": {"user_id": self.id},
            "items": {"data": [{"price": price}]},
            "current_period_start": NOW,
            "current_period_end": NOW + MONTH,
            **fields,
        }

    def invoice(self, start: int) -> Row:
        period = {"start": start, "end": start + MONTH}
        line = {"amount": 100, "period": period, "price": {"id": "price_monthly"}}
        return {"id": "in_1", "subscription": self.subscription_id, "lines": {"data": [line]}}

    def checks_out(self) -> None:
        self._vendor.subscriptions[self.subscription_id] = self.subscription()
        session = {
            "id": "cs_1",
            "mode": "subscription",
            "client_reference_id": self.id,
            "subscription": self.subscription_id,
        }
        assert self.sent("checkout.session.completed", session) == "applied"

    def sent(self, kind: str, item: Row, *, created: int = NOW) -> str:
        event = {"id": "evt_1", "type": kind, "created": created, "data": {"object": item}}
        answer = self._events.post(*signed(event))
        assert answer.status_code == 200, answer.text
        outcome: str = answer.json()["outcome"]
        return outcome


def signed(event: Row, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event).encode()
    stamp = int(time.time())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={stamp},v1={digest}"}


@pytest.fixture
def customer(data: psycopg.Connection[Row], events: Function, vendor: Stripe) -> Iterator[Customer]:
    yield Customer(data, events, vendor)
    vendor.broken = False


def test_a_checkout_makes_the_subscription_active(customer: Customer, events: Function) -> None:
    before = customer.row()
    customer.checks_out()
    row = customer.row()
    assert row["updated_at"] > before["updated_at"]
    assert row["subscription_status"] == "active"
    assert row["subscription_id"] == customer.subscription_id
    assert row["billing_period"] == "monthly"
    assert row["current_period_start"] == moment(NOW)
    assert row["current_period_end"] == row["plan_expires_at"] == moment(NOW + MONTH)
    log = "".join(events.log)
    assert "checkout.session.completed: billing period monthly, price price_monthly" in log
    assert f"applied, the subscription is active (evt_1, user {customer.id})" in log


def test_the_same_event_twice_leaves_the_same_row(customer: Customer) -> None:
    customer.checks_out()
    before = customer.row()
    changed = customer.sent("customer.subscription.updated", customer.subscription())
    assert (changed, customer.row()) == ("nothing to change", before)


def test_a_delivery_waits_for_another_one_and_sees_what_it_did(
    customer: Customer, data: psycopg.Connection[Row], address: str
) -> None:
    customer.checks_out()
    end = (
        "update public.profiles set subscription_status = 'canceled', canceled_at = %s"
        " where id = %s"
    )
    kind, item = "customer.subscription.updated", customer.subscription(cancel_at=NOW + 5)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(address) as other:
        other.execute(end, (moment(NOW), customer.id))
        delivery = pool.submit(customer.sent, kind, item)
        until_somebody_waits(data)
        other.commit()
        assert delivery.result() == "ignored: the subscription has ended since"


def until_somebody_waits(data: psycopg.Connection[Row]) -> None:
    waiting = (
        "select from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    for _ in range(100_000):
        if data.execute(waiting).fetchone() is not None:
            return
    raise AssertionError("Nobody waits for the row.")


def test_the_user_whom_the_event_names_comes_before_the_subscription(
    customer: Customer, data: psycopg.Connection[Row], events: Function, vendor: Stripe
) -> None:
    customer.checks_out()
    before = customer.row()
    other = Customer(data, events, vendor)
    other.subscription_id = customer.subscription_id
    other.checks_out()
    assert other.row()["subscription_status"] == "active"
    assert customer.row() == before


def test_a_badly_signed_event_changes_nothing(customer: Customer, events: Function) -> None:
    before = customer.row()
    event = {"id": "evt_1", "type": "customer.subscription.deleted", "created": NOW}
    event |= {"data": {"object": customer.subscription()}}
    answer = events.post(*signed(event, secret="whsec_of_another"))
    assert answer.status_code == 400
    assert answer.json() == {"error": "The signature is missing or wrong."}
    assert customer.row() == before


def test_a_cancellation_at_the_period_s_end_stays_active(customer: Customer) -> None:
    customer.checks_out()
    customer.sent("customer.subscription.updated", customer.subscription(cancel_at_period_end=True))
    row = customer.row()
    assert row["subscription_status"] == "active"
    assert row["cancel_at_period_end"] is True
    assert row["cancel_at"] == row["current_period_end"]


def test_a_renewal_extends_the_period(customer: Customer) -> None:
    customer.checks_out()
    before = customer.row()
    later = NOW + MONTH
    invoice = customer.invoice(later)
    assert customer.sent("invoice.payment_succeeded", invoice, created=later) == "applied"
    row = customer.row()
    assert row["current_period_end"] - before["current_period_end"] == timedelta(seconds=MONTH)
    assert row["last_payment_date"] == moment(later)
    old = customer.invoice(NOW)
    assert customer.sent("invoice.payment_succeeded", old).startswith("ignored: a later period")
    assert customer.row() == row


def test_a_failed_payment_is_past_due_until_it_is_paid(customer: Customer) -> None:
    customer.checks_out()
    invoice = customer.invoice(NOW)
    assert customer.sent("invoice.payment_failed", invoice) == "applied"
    assert customer.row()["subscription_status"] == "past_due"
    assert customer.sent("invoice.payment_succeeded", invoice, created=NOW + 60) == "applied"
    assert customer.row()["subscription_status"] == "active"
    assert customer.sent("invoice.payment_failed", invoice) == "ignored: it has been paid since"


def test_an_ended_subscription_is_canceled_and_stays_so(customer: Customer) -> None:
    customer.checks_out()
    ended = customer.subscription(status="canceled", ended_at=NOW + 60)
    customer.sent("customer.subscription.deleted", ended, created=NOW + 60)
    row = customer.row()
    assert row["subscription_status"] == "canceled"
    assert row["canceled_at"] == row["plan_expires_at"] == moment(NOW + 60)
    late = customer.sent("customer.subscription.updated", customer.subscription())
    assert (late, customer.row()) == ("ignored: the subscription has ended since", row)


@pytest.mark.parametrize(
    "kind",
    [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
    ],
)
def test_a_subscription_of_nobody_is_answered_200(customer: Customer, kind: str) -> None:
    stranger = customer.subscription(id="sub_of_nobody", metadata={"user_id": "not-a-uuid"})
    assert customer.sent(kind, stranger) == "no profile found"


def test_an_event_of_another_kind_is_answered_200(customer: Customer) -> None:
    assert customer.sent("customer.created", {"id": "cus_1"}) == "without effect"


def test_without_stripe_the_event_is_refused_and_comes_again(
    customer: Customer, events: Function, vendor: Stripe
) -> None:
    before = customer.row()
    vendor.broken = True
    item = {"id": "cs_1", "mode": "subscription", "subscription": customer.subscription_id}
    event = {"id": "evt_1", "type": "checkout.session.completed", "created": NOW}
    answer = events.post(*signed(event | {"data": {"object": item}}))
    assert answer.status_code == 500
    assert "Stripe is down" not in answer.text
    assert customer.row() == before


def test_a_checkout_that_stripe_does_not_know_is_judged_by_its_own_words(
    customer: Customer, events: Function
) -> None:
    session = {
        "id": "cs_2",
        "mode": "subscription",
        "client_reference_id": customer.id,
        "subscription": "sub_unknown",
        "amount_total": 60_000,
    }
    assert customer.sent("checkout.session.completed", session) == "applied"
    row = customer.row()
    assert (row["subscription_status"], row["billing_period"]) == ("active", "annual")
    log = "".join(events.log)
    assert "price (none) is not known, judging by the amount" in log


def test_the_whole_reference_table_is_answered(data: psycopg.Connection[Row], address: str) -> None:
    with running("get-enhanced-lerg-data", {"SUPABASE_DB_URL": address}) as function:
        answer = function.post().json()
        assert answer["statistics"] == {
            "total": 450,
            "usDomestic": 368,
            "canadian": 55,
            "caribbean": 21,
            "usTerritory": 3,
            "pacific": 3,
        }
        assert len({npa["npa"] for npa in answer["npas"]}) == 450
        preflight = function.client.options("/")
        assert preflight.headers["access-control-allow-origin"] == "*"
        data.execute("update public.enhanced_lerg set is_active = false where npa = '202'")
        assert function.post().json()["statistics"]["total"] == 449
        data.execute("update public.enhanced_lerg set is_active = true where npa = '202'")


def test_an_npa_is_located(data: psycopg.Connection[Row], address: str) -> None:
    with running("get-npa-location", {"SUPABASE_DB_URL": address}) as function:
        assert function.post({"npa": "212"}).json() == {
            "npa": "212",
            "country_code": "US",
            "country_name": "United States",
            "state_province_code": "NY",
            "state_province_name": "New York",
            "category": "us-domestic",
            "confidence_score": 100,
        }
        assert function.post({"npa": "264"}).json()["country_name"] == "Anguilla"
        assert function.post({"npa": "999"}).status_code == 404
        assert function.post({"npa": "' or 1=1"}).status_code == 400
        data.execute("update public.enhanced_lerg set is_active = false where npa = '201'")
        assert function.post({"npa": "201"}).status_code == 404
        data.execute("update public.enhanced_lerg set is_active = true where npa = '201'")


def test_the_health_check_tells_whether_the_database_answers(address: str) -> None:
    with running("ping-status", {"SUPABASE_DB_URL": address}) as function:
        answer = function.client.get("/")
        assert (answer.status_code, answer.json()["db"]) == (200, True)
    with running("ping-status", {"SUPABASE_DB_URL": "postgresql://a:b@127.0.0.1:1/c"}) as function:
        answer = function.client.get("/")
        assert (answer.status_code, answer.json()["db"]) == (503, False)


def test_a_checkout_session_is_ordered_from_stripe(
    data: psycopg.Connection[Row], address: str, vendor: Stripe
) -> None:
    buyer = str(sign_up(data, "buyer@example.com"))
    body = {"period": "annual", "success_url": "http://app/ok", "cancel_url": "http://app/no"}
    caller = user(buyer, email="a@example.com")
    vendor.codes = [{"id": "promo_1", "code": "WELCOME", "metadata": {"extra_trial_days": "7"}}]
    environment = {**SETTINGS, "STRIPE_API_BASE": vendor.address, "SUPABASE_DB_URL": address}
    with running("create-checkout-session", environment) as function:
        answer = function.post(body, caller)
        request, headers, form = vendor.asked[-1]
        assert function.post({**body, "promotion_code": "GONE"}, caller).status_code == 400
        function.post({**body, "promotion_code": "WELCOME"}, caller)
    assert answer.json() == {"id": "cs_test_1", "url": "https://pay/1"}
    assert request == "POST /v1/checkout/sessions"
    assert headers["stripe-version"] == "2024-04-10"
    assert headers["authorization"] == "Bearer sk_test_of_the_test"
    expected = {
        "mode": "subscription",
        "line_items[0][price]": "price_annual",
        "line_items[0][quantity]": "1",
        "success_url": "http://app/ok",
        "cancel_url": "http://app/no",
        "client_reference_id": buyer,
        "customer_email": "a@example.com",
        "metadata[user_id]": buyer,
        "metadata[price_id]": "price_annual",
        "subscription_data[metadata][user_id]": buyer,
        "subscription_data[metadata][price_id]": "price_annual",
    }
    assert form == expected
    assert vendor.asked[-2][0].startswith("GET /v1/promotion_codes?code=WELCOME&active=true")
    assert vendor.asked[-1][2] == {
        **expected,
        "discounts[0][promotion_code]": "promo_1",
        "subscription_data[trial_period_days]": "14",
    }


def test_no_log_holds_a_secret(customer: Customer, events: Function) -> None:
    customer.checks_out()
    log = "".join(events.log)
    assert "billing period" in log
    for secret in (SECRET, SETTINGS["STRIPE_SECRET_KEY"], "not a secret", "not%20a%20secret"):
        assert secret not in log
