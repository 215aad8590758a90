"""The life of a subscription: begun, renewed, unpaid, ended. `timeline` says when.

Prorations are not computed, and all items of a subscription share one interval.
Source: https://docs.stripe.com/billing/subscriptions/overview.
"""

import copy
from dataclasses import dataclass, field

from stackwright.sandbox.stripe import (
    amounts,
    cards,
    customers,
    discounts,
    invoices,
    lists,
    periods,
)
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params

KIND = "subscription"
ITEMS_URL = "/v1/subscription_items?subscription="


@dataclass(frozen=True)
class Order:
    """What a customer subscribes to. `items`: `{price, quantity, metadata}` each; `trial_end` in
    Unix seconds; `discounts` as `discounts.resolve` gives them."""

    customer: Object
    items: list[Params]
    method: Object | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    trial_end: int | None = None
    discounts: list[Params] = field(default_factory=list)
    session: str | None = None


def start(mode: Mode, order: Order) -> Object:
    """Begin a subscription of checked items and charge its first invoice."""
    subscription = _new(mode, order)
    discounts.start(mode, subscription, order.discounts, order.session)
    emit(mode, "customer.subscription.created", subscription)
    free = order.trial_end is not None
    paid = _invoice(mode, subscription, "subscription_create", free=free, method=order.method)
    if not paid:
        before = copy.deepcopy(subscription)
        subscription["status"] = "incomplete"
        emit_update(mode, "customer.subscription.updated", before, subscription)
    return mode.save(subscription)


def check_items(mode: Mode, items: list[Params], path: str = "items") -> None:
    """Active recurring prices of one currency and one interval."""
    found = [
        mode.require("price", item["price"], f"{path}[{i}][price]") for i, item in enumerate(items)
    ]
    for index, price in enumerate(found):
        param = f"{path}[{index}][price]"
        if not price["active"]:
            raise InvalidRequest(
                "The price specified is inactive. This field only accepts active prices.",
                param=param,
            )
        if price["type"] != "recurring":
            raise InvalidRequest(
                "The price specified is set to `type=one_time` but this field only accepts prices"
                " with `type=recurring`.",
                param=param,
            )
    if len({price["currency"] for price in found}) > 1:
        raise InvalidRequest("All prices of a subscription must have one currency.", param=path)
    if len({(p["recurring"]["interval"], p["recurring"]["interval_count"]) for p in found}) > 1:
        raise InvalidRequest(
            "The sandbox does not emulate subscriptions with several intervals.", param=path
        )


def _new(mode: Mode, order: Order) -> Object:
    price = mode.require("price", order.items[0]["price"])
    now = mode.now()
    subscription = mode.fresh(
        KIND,
        **copy.deepcopy(_CONSTANT),
        billing_cycle_anchor=order.trial_end or now,
        currency=price["currency"],
        customer=order.customer["id"],
        default_payment_method=order.method["id"] if order.method else None,
        description=order.description,
        discounts=[],
        metadata=order.metadata,
        start_date=now,
        status="trialing" if order.trial_end else "active",
        test_clock=order.customer["test_clock"],
        trial_end=order.trial_end,
        trial_start=now if order.trial_end else None,
    )
    end = order.trial_end or _next_end(subscription, price, now)
    items = [new_item(mode, subscription["id"], item, now, end) for item in order.items]
    subscription["items"] = lists.whole(items, f"{ITEMS_URL}{subscription['id']}")
    return subscription


_CONSTANT: Object = {
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor_config": None,
    "billing_mode": {"flexible": None, "type": "classic"},
    "billing_schedules": [],
    "billing_thresholds": None,
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "cancellation_details": {"comment": None, "feedback": None, "reason": None},
    "collection_method": "charge_automatically",
    "customer_account": None,
    "days_until_due": None,
    "default_source": None,
    "default_tax_rates": [],
    "ended_at": None,
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"type": "self"},
    },
    "latest_invoice": None,
    "managed_payments": {"enabled": False},
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pause_collection": None,
    "payment_settings": {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    },
    "pending_invoice_item_interval": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "schedule": None,
    "transfer_data": None,
    "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
}


def new_item(mode: Mode, subscription: str, item: Params, start_at: int, end_at: int) -> Object:
    """An item of a subscription, not saved: it lives inside the subscription."""
    return {
        "id": mode.new_id("subscription_item"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": mode.now(),
        "current_period_end": end_at,
        "current_period_start": start_at,
        "discounts": [],
        "metadata": item.get("metadata") or {},
        "price": item["price"],
        "quantity": item.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def _next_end(subscription: Object, price: Object, moment: int) -> int:
    recurring = price["recurring"]
    anchor = periods.day_of(subscription["billing_cycle_anchor"])
    return periods.after(moment, recurring["interval"], recurring["interval_count"], anchor)


def period(subscription: Object) -> tuple[int, int]:
    """Start and end of the current period, in Unix seconds."""
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def set_period(subscription: Object, start_at: int, end_at: int) -> None:
    """Move the current period, which all items share."""
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": start_at, "current_period_end": end_at}


def payment_method(mode: Mode, subscription: Object) -> Object | None:
    """What the subscription's invoices are charged to."""
    if subscription["default_payment_method"]:
        return mode.find(cards.KIND, subscription["default_payment_method"])
    customer = mode.require("customer", subscription["customer"])
    return customers.default_payment_method(mode, customer)


def _invoice(
    mode: Mode, subscription: Object, reason: str, *, free: bool = False,
    method: Object | None = None,
) -> bool:  # fmt: skip
    """Invoice the current period and charge it; whether it was paid."""
    invoice = invoices.create(mode, _bill(mode, subscription, reason, free=free))
    subscription["latest_invoice"] = invoice["id"]
    return invoices.collect(mode, invoice, method or payment_method(mode, subscription))


def _bill(mode: Mode, subscription: Object, reason: str, *, free: bool = False) -> invoices.Bill:
    customer = mode.require("customer", subscription["customer"])
    start_at, end_at = period(subscription)
    full = 0 if free else cost(mode, subscription["items"]["data"])
    off = discounts.taken_off(mode, discounts.of_subscription(mode, subscription), full)
    return invoices.Bill(subscription, customer, start_at, end_at, reason, free, off)


def cost(mode: Mode, items: list[Params]) -> int:
    """What one period of the items costs, in minor units."""
    return sum(
        amounts.total(mode.require("price", item["price"]), item.get("quantity", 1))
        for item in items
    )


def renew(mode: Mode, subscription: Object) -> None:
    """Begin the next period with the draft of its invoice; `charge` follows."""
    before = copy.deepcopy(subscription)
    discounts.drop_finished(mode, subscription)
    price = mode.require("price", subscription["items"]["data"][0]["price"])
    begin = period(subscription)[1]
    set_period(subscription, begin, _next_end(subscription, price, begin))
    subscription["status"] = "active"
    invoice = invoices.draft(mode, _bill(mode, subscription, "subscription_cycle"))
    subscription["latest_invoice"] = invoice["id"]
    mode.save(subscription)
    emit_update(mode, "customer.subscription.updated", before, subscription)


def charge(mode: Mode, subscription: Object, method: Object | None) -> None:
    """Charge the newest invoice, for the first time or again; the last failure ends it all."""
    invoice = mode.require(invoices.KIND, subscription["latest_invoice"])
    if invoice["status"] == "draft":
        invoices.finalize(mode, invoice)
    if invoices.collect(mode, invoice, method):
        recover(mode, subscription)
    elif invoice["next_payment_attempt"] is None:
        end(mode, subscription, "payment_failed")
    elif subscription["status"] != "past_due":
        before = copy.deepcopy(subscription)
        subscription["status"] = "past_due"
        mode.save(subscription)
        emit_update(mode, "customer.subscription.updated", before, subscription)


def recover(mode: Mode, subscription: Object) -> None:
    """After a late payment the subscription is active again."""
    if subscription["status"] in ("past_due", "incomplete", "unpaid"):
        before = copy.deepcopy(subscription)
        subscription["status"] = "active"
        mode.save(subscription)
        emit_update(mode, "customer.subscription.updated", before, subscription)


def warn(mode: Mode, subscription: Object) -> None:
    """Say that the trial is about to end."""
    subscription["_warned_of"] = subscription["trial_end"]
    mode.save(subscription)
    emit(mode, "customer.subscription.trial_will_end", subscription)


def end(mode: Mode, subscription: Object, reason: str = "cancellation_requested") -> Object:
    """End a subscription at once."""
    now = mode.now()
    subscription |= {"status": "canceled", "ended_at": now}
    subscription["canceled_at"] = subscription["canceled_at"] or now
    subscription["cancellation_details"]["reason"] = reason
    mode.save(subscription)
    emit(mode, "customer.subscription.deleted", subscription)
    return subscription


def restart(mode: Mode, subscription: Object) -> None:
    """Begin a fresh period now and charge it."""
    now = mode.now()
    subscription |= {"billing_cycle_anchor": now, "status": "active"}
    price = mode.require("price", subscription["items"]["data"][0]["price"])
    set_period(subscription, now, _next_end(subscription, price, now))
    if not _invoice(mode, subscription, "subscription_update"):
        subscription["status"] = "past_due"
