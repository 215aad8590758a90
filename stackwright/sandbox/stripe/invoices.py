"""Invoices of subscriptions: the first is finalized and charged at once, that of a renewal an hour
after it was drafted. A charge that failed is tried again after 3, 5 and 7 days.

Source: https://docs.stripe.com/api/invoices, https://docs.stripe.com/billing/subscriptions/webhooks.
"""

from dataclasses import dataclass

from stackwright.sandbox.stripe import amounts, cards, lists
from stackwright.sandbox.stripe.currencies import shown
from stackwright.sandbox.stripe.errors import CardDeclined, InvalidRequest
from stackwright.sandbox.stripe.events import emit
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Boolean,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
)

KIND = "invoice"
RETRIEVE = operation()
LIST = listing(
    collection_method=choice("charge_automatically", "send_invoice"),
    created=SPAN,
    customer=Text(),
    status=choice("draft", "open", "paid", "uncollectible", "void"),
    subscription=Text(),
    **not_emulated("customer_account", "due_date"),
)
PAY = operation(
    off_session=Boolean(),
    payment_method=Text(),
    paid_out_of_band=Boolean(),
    **not_emulated("forgive", "mandate", "source"),
)
VOID = operation()
HOUR = 3600
RETRY_DAYS = (3, 5, 7)
"""Days after each failed charge; the last of them ends the subscription."""
_CONSTANT: Object = {
    "account_country": "US",
    "account_name": "Sandbox",
    "account_tax_ids": None,
    "amount_overpaid": 0,
    "amount_shipping": 0,
    "application": None,
    "custom_fields": None,
    "customer_account": None,
    "customer_shipping": None,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "due_date": None,
    "footer": None,
    "from_invoice": None,
    "invoice_pdf": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "metadata": {},
    "on_behalf_of": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "ending_balance": 0,
    "statement_descriptor": None,
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
    "webhooks_delivered_at": None,
}


@dataclass(frozen=True)
class Bill:
    """What is to be paid for: a subscription over a period, and why. `free` during a trial;
    `discount` in minor units."""

    subscription: Object
    customer: Object
    start: int
    end: int
    reason: str
    free: bool = False
    discount: int = 0


def create(mode: Mode, bill: Bill) -> Object:
    """A finalized, open invoice of a subscription; `collect` charges it."""
    return finalize(mode, draft(mode, bill))


def draft(mode: Mode, bill: Bill) -> Object:
    """An invoice of a subscription that can still be changed; `finalize` opens it."""
    invoice = mode.fresh(KIND, **_CONSTANT)
    lines = [_line(mode, invoice["id"], bill, item) for item in bill.subscription["items"]["data"]]
    subtotal = sum(line["amount"] for line in lines)
    due = max(0, subtotal - bill.discount)
    invoice |= _amounts(subtotal, due, bill)
    invoice |= _parties(bill)
    invoice |= _progress(mode, bill)
    invoice["lines"] = lists.whole(lines, f"/v1/invoices/{invoice['id']}/lines")
    mode.save(invoice)
    emit(mode, "invoice.created", invoice)
    return invoice


def finalize(mode: Mode, invoice: Object) -> Object:
    """Give a draft its number and open it for payment."""
    base = mode.world.urls.get("stripe", "")
    invoice |= {
        "auto_advance": False,
        "automatically_finalizes_at": None,
        "effective_at": mode.now(),
        "hosted_invoice_url": f"{base}/i/{mode.name}_{invoice['id']}",
        "next_payment_attempt": None,
        "number": _number(mode, mode.require("customer", invoice["customer"])),
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = mode.now()
    mode.save(invoice)
    emit(mode, "invoice.finalized", invoice)
    return invoice


def collect(mode: Mode, invoice: Object, method: Object | None) -> bool:
    """Charge an open invoice; whether it is paid now. Nothing to pay needs no card."""
    invoice["attempted"] = True
    if invoice["amount_due"] > 0:
        invoice["attempt_count"] += 1
        if cards.refusal(method):
            invoice["next_payment_attempt"] = _next_attempt(mode, invoice)
            mode.save(invoice)
            emit(mode, "invoice.payment_failed", invoice)
            return False
    settle(mode, invoice)
    return True


def _next_attempt(mode: Mode, invoice: Object) -> int | None:
    """When a failed charge is tried again; the first invoice of a subscription is not."""
    if invoice["billing_reason"] == "subscription_create":
        return None
    days = RETRY_DAYS[invoice["attempt_count"] - 1 :]
    return mode.now() + days[0] * 24 * HOUR if days else None


def settle(mode: Mode, invoice: Object) -> None:
    """Mark an invoice as paid and say so."""
    invoice |= {
        "status": "paid",
        "attempted": True,
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "next_payment_attempt": None,
        "webhooks_delivered_at": mode.now(),
    }
    invoice["status_transitions"]["paid_at"] = mode.now()
    mode.save(invoice)
    emit(mode, "invoice.paid", invoice)
    emit(mode, "invoice.payment_succeeded", invoice)


def _amounts(subtotal: int, due: int, bill: Bill) -> Object:
    taken = [
        {"amount": subtotal - due, "discount": name} for name in bill.subscription["discounts"]
    ]
    return {
        "amount_due": due,
        "amount_paid": 0,
        "amount_remaining": due,
        "currency": bill.subscription["currency"],
        "discounts": bill.subscription["discounts"],
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": due,
        "total_discount_amounts": taken,
        "total_excluding_tax": due,
    }


def _parties(bill: Bill) -> Object:
    customer, subscription = bill.customer, bill.subscription
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    return {
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "test_clock": customer["test_clock"],
        "parent": {
            "quote_details": None,
            "subscription_details": details,
            "type": "subscription_details",
        },
        "_subscription": subscription["id"],
    }


def _progress(mode: Mode, bill: Bill) -> Object:
    now = mode.now()
    finalized_at = now + HOUR if bill.reason == "subscription_cycle" else None
    return {
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": finalized_at is not None,
        "automatic_tax": _NO_TAX,
        "automatically_finalizes_at": finalized_at,
        "billing_reason": bill.reason,
        "collection_method": bill.subscription["collection_method"],
        "effective_at": None,
        "hosted_invoice_url": None,
        "next_payment_attempt": finalized_at,
        "number": None,
        "period_start": bill.start if bill.reason == "subscription_cycle" else now,
        "period_end": now,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
    }


_NO_TAX: Object = {
    "disabled_reason": None,
    "enabled": False,
    "liability": None,
    "provider": None,
    "status": None,
}


def _number(mode: Mode, customer: Object) -> str:
    sequence = customer["next_invoice_sequence"]
    mode.save({**customer, "next_invoice_sequence": sequence + 1})
    return f"{customer['invoice_prefix']}-{sequence:04}"


def _line(mode: Mode, invoice: str, bill: Bill, item: Object) -> Object:
    price = mode.require("price", item["price"])
    product = mode.find("product", price["product"]) or {"name": price["product"]}
    amount = 0 if bill.free else amounts.total(price, item["quantity"])
    return {
        "id": mode.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": _describe(product["name"], price, item["quantity"], bill.free),
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice,
        "livemode": mode.live,
        "metadata": bill.subscription["metadata"],
        "parent": _line_parent(bill, item),
        "period": {"start": bill.start, "end": bill.end},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": "0" if bill.free else price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": bill.subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def _line_parent(bill: Bill, item: Object) -> Object:
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": bill.subscription["id"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }


def _describe(name: str, price: Object, quantity: int, free: bool) -> str:
    if free:
        return f"Trial period for {name}"
    each = shown(price["unit_amount"] or 0, price["currency"])
    return f"{quantity} \u00d7 {name} (at {each} / {price['recurring']['interval']})"


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One invoice."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The invoices that pass the filters, newest first."""
    filters = {key: params.get(key) for key in ("collection_method", "customer", "status")}
    filters["_subscription"] = params.get("subscription")
    return lists.page(mode, KIND, params, "/v1/invoices", filters)


def pay(mode: Mode, params: Params, name: str) -> Object:
    """Try to charge an invoice now, a draft too; a paid one gets its subscription going again."""
    from stackwright.sandbox.stripe import subscriptions

    invoice = mode.require(KIND, name)
    mode = mode.changing(invoice)
    if invoice["status"] == "draft":
        finalize(mode, invoice)
    _check_open(invoice, "paid")
    subscription = mode.require("subscription", invoice["_subscription"])
    method = subscriptions.payment_method(mode, subscription)
    if "payment_method" in params:
        customer = mode.require("customer", invoice["customer"])
        method = cards.of_customer(mode, params["payment_method"], customer, "payment_method")
    refused = None if params.get("paid_out_of_band") else cards.refusal(method)
    if refused:
        raise CardDeclined(refused)
    settle(mode, invoice)
    subscriptions.recover(mode, subscription)
    return invoice


def pay_by_card(mode: Mode, name: str, number: str) -> Object:
    """The customer pays an open invoice on its page, and the card is charged from now on."""
    from stackwright.sandbox.stripe import subscriptions

    invoice = mode.require(KIND, name)
    mode = mode.changing(invoice)
    _check_open(invoice, "paid")
    customer = mode.require("customer", invoice["customer"])
    method = cards.keep(mode, cards.read(number), customer)
    paid = pay(mode, {"payment_method": method["id"]}, name)
    subscription = mode.require(subscriptions.KIND, invoice["_subscription"])
    mode.save({**subscription, "default_payment_method": method["id"]})
    return paid


def void(mode: Mode, params: Params, name: str) -> Object:
    """Give up an open invoice."""
    invoice = mode.require(KIND, name)
    mode = mode.changing(invoice)
    _check_open(invoice, "voided")
    invoice["status"] = "void"
    invoice["status_transitions"]["voided_at"] = mode.now()
    mode.save(invoice)
    emit(mode, "invoice.voided", invoice)
    return invoice


def _check_open(invoice: Object, verb: str) -> None:
    if invoice["status"] == "paid":
        raise InvalidRequest("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise InvalidRequest(f"This invoice is {invoice['status']} and cannot be {verb}.")
