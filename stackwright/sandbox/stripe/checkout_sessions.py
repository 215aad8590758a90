"""Checkout sessions of mode `subscription`: made by the product, completed by a customer on the
page that `url` opens (`pages`), or by the sandbox itself.

Customer, subscription and invoice come into being only when the session completes.
Source: https://docs.stripe.com/api/checkout/sessions.
"""

import copy
from dataclasses import dataclass

from stackwright.sandbox.stripe import (
    cards,
    customers,
    discounts,
    lists,
    promotion_codes,
    subscriptions,
    versions,
)
from stackwright.sandbox.stripe.checkout_parameters import (
    CREATE,
    EXPIRE,
    LINE_ITEMS,
    LIST,
    RETRIEVE,
    UPDATE,
)
from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter, UnknownParameters
from stackwright.sandbox.stripe.events import emit
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign

KIND = "checkout.session"
DAY = 24 * 3600
__all__ = [
    "CREATE", "EXPIRE", "LINE_ITEMS", "LIST", "RETRIEVE", "UPDATE",
    "complete", "create", "expire", "line_items", "list_all", "retrieve", "update",
]  # fmt: skip


@dataclass(frozen=True)
class Payer:
    """Who pays, with what, on the hosted page. `code` is a promotion code as typed."""

    email: str
    card: str
    name: str | None = None
    code: str | None = None


def create(mode: Mode, params: Params) -> Object:
    """A session that waits for its customer at `url`."""
    _check(mode, params)
    items = [{"quantity": 1, **item} for item in params["line_items"]]
    chosen = discounts.resolve(mode, params.get("discounts", []))
    session = mode.fresh(
        KIND,
        id=f"cs_{mode.name}_a1{mode.world.ids.alnum(56)}",
        **copy.deepcopy(_CONSTANT),
        **_settings(mode, params),
        _subscription_data=params.get("subscription_data", {}),
        _items=items,
        _discounts=chosen,
    )
    session["url"] = f"{mode.world.urls.get('stripe', '')}/c/pay/{session['id']}"
    session["line_items"] = _line_items(mode, session)
    assign(session, params, "metadata")
    _reckon(mode, session)
    return mode.save(session)


def _check(mode: Mode, params: Params) -> None:
    if params.get("mode", "payment") != "subscription":
        raise InvalidRequest(
            "The sandbox emulates Checkout sessions of `mode=subscription` only.",
            param="mode",
            code="sandbox_not_emulated",
        )
    if "success_url" not in params:
        raise MissingParameter("success_url")
    if not params.get("line_items"):
        raise MissingParameter("line_items")
    for index, item in enumerate(params["line_items"]):
        if "price" not in item:
            raise MissingParameter(f"line_items[{index}][price]")
    subscriptions.check_items(mode, params["line_items"], "line_items")
    if "customer" in params:
        customers.living(mode, params["customer"], "customer")
    _check_shape(mode, params)


def _check_shape(mode: Mode, params: Params) -> None:
    """What depends on the API version, and the limits of `expires_at`."""
    known = "hosted" if versions.before(mode.version, versions.DAHLIA) else "hosted_page"
    if params.get("ui_mode", known) != known:
        raise InvalidRequest(f"Invalid ui_mode: must be {known} in the sandbox", param="ui_mode")
    old = versions.before(mode.version, versions.ENDIVE)
    foreign = "allowed_payment_method_types" if old else "payment_method_types"
    if foreign in params:
        raise UnknownParameters([foreign])
    if "card" not in _payment_methods(params):
        raise InvalidRequest("The sandbox takes cards only.", code="sandbox_not_emulated")
    wait = params.get("expires_at", mode.now() + DAY) - mode.now()
    if not DAY / 48 <= wait <= DAY:
        raise InvalidRequest(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout"
            " Session creation.",
            param="expires_at",
        )


def _payment_methods(params: Params) -> list[str]:
    """Endive renamed the parameter that limits them."""
    named = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    return named or ["card"]


def _settings(mode: Mode, params: Params) -> Object:
    chosen = (
        "allow_promotion_codes", "billing_address_collection", "cancel_url",
        "client_reference_id", "customer", "customer_email", "locale", "submit_type",
        "success_url",
    )  # fmt: skip
    return {
        **{name: params.get(name) for name in chosen},
        "expires_at": params.get("expires_at", mode.now() + DAY),
        "metadata": {},
        "mode": params["mode"],
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_method_types": ["card"],
    }


_CONSTANT: Object = {
    "adaptive_pricing": None,
    "after_expiration": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "customer_creation": "always",
    "customer_details": None,
    "integration_identifier": None,
    "invoice": None,
    "invoice_creation": None,
    "managed_payments": {"enabled": False},
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_status": "unpaid",
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": {
        "allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
        "payment_method_save": None,
    },
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "subscription": None,
    "ui_mode": "hosted_page",
    "wallet_options": None,
}


def _line_items(mode: Mode, session: Object) -> Object:
    """The list behind `expand[]=line_items`."""
    rows = [_line_item(mode, item, bool(_trial(mode, session))) for item in session["_items"]]
    return lists.whole(rows, f"/v1/checkout/sessions/{session['id']}/line_items")


def _line_item(mode: Mode, item: Params, free: bool) -> Object:
    price = mode.require("price", item["price"])
    product = mode.find("product", price["product"])
    amount = 0 if free else subscriptions.cost(mode, [item])
    return {
        "id": mode.new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"] if product else None,
        "metadata": item.get("metadata") or {},
        "price": price["id"],
        "quantity": item["quantity"],
    }


def _trial(mode: Mode, session: Object) -> int | None:
    """When the trial ends that the session offers, if it begins now."""
    data: Params = session["_subscription_data"]
    if "trial_period_days" in data:
        return int(mode.now() + data["trial_period_days"] * DAY)
    return data.get("trial_end")


def _reckon(mode: Mode, session: Object) -> None:
    """Work out what is due today."""
    lines = session["line_items"]["data"]
    subtotal = sum(line["amount_subtotal"] for line in lines)
    off = discounts.taken_off(mode, session["_discounts"], subtotal)
    shown = [dict(entry) for entry in session["_discounts"]]
    for entry in shown:
        if entry["promotion_code"]:
            entry["coupon"] = None
    session |= {
        "amount_subtotal": subtotal,
        "amount_total": subtotal - off,
        "currency": lines[0]["currency"],
        "discounts": shown,
        "total_details": {"amount_discount": off, "amount_shipping": 0, "amount_tax": 0},
    }


def apply_code(mode: Mode, session: Object, code: str) -> None:
    """Take a promotion code that the customer typed into account; refuses an unknown one."""
    promotion = promotion_codes.redeemable(mode, code) if session["allow_promotion_codes"] else None
    if promotion is None:
        raise InvalidRequest("This code is invalid.", param="code")
    coupon = promotion["promotion"]["coupon"]
    session["_discounts"] = [{"coupon": coupon, "promotion_code": promotion["id"]}]
    _reckon(mode, session)


def complete(mode: Mode, name: str, payer: Payer) -> Object:
    """The customer pays: customer, subscription and invoice come into being.

    Raises `CardDeclined`, or `InvalidRequest` when the session is not open.
    """
    session = opened(mode, name)
    if payer.code:
        apply_code(mode, session, payer.code)
    card = cards.read(payer.card)
    customer = _customer(mode, session, payer)
    mode = mode.changing(customer)
    method = cards.keep(mode, card, customer, payer.email)
    emit(mode, "payment_method.attached", method)
    data = session["_subscription_data"]
    order = subscriptions.Order(
        customer,
        session["_items"],
        method,
        {key: value for key, value in (data.get("metadata") or {}).items() if value},
        data.get("description"),
        _trial(mode, session),
        session["_discounts"],
        session["id"],
    )
    subscription = subscriptions.start(mode, order)
    _finish(mode, session, subscription, customer, payer)
    emit(mode, "checkout.session.completed", session)
    return session


def _customer(mode: Mode, session: Object, payer: Payer) -> Object:
    if session["customer"]:
        return customers.living(mode, session["customer"])
    return customers.create(mode, {"email": payer.email, "name": payer.name})


def _finish(
    mode: Mode, session: Object, subscription: Object, customer: Object, payer: Payer
) -> None:
    session |= {
        "customer": customer["id"],
        "customer_details": {
            "address": customer["address"],
            "business_name": None,
            "email": payer.email,
            "individual_name": None,
            "name": payer.name,
            "phone": customer["phone"],
            "tax_exempt": customer["tax_exempt"],
            "tax_ids": [],
        },
        "invoice": subscription["latest_invoice"],
        "payment_status": "paid" if session["amount_total"] else "no_payment_required",
        "status": "complete",
        "subscription": subscription["id"],
        "url": None,
    }
    mode.save(session)


def opened(mode: Mode, name: str) -> Object:
    """The session, if a customer can still complete it."""
    session = mode.require(KIND, name)
    expire_if_due(mode, session)
    if session["status"] != "open":
        raise InvalidRequest(f"This Checkout Session is {session['status']}.")
    return session


def expire_if_due(mode: Mode, session: Object) -> None:
    """A session that nobody completed in time has expired."""
    if session["status"] == "open" and session["expires_at"] <= mode.now():
        _expire(mode, session)


def _expire(mode: Mode, session: Object) -> None:
    session |= {"status": "expired", "url": None}
    mode.save(session)
    emit(mode, "checkout.session.expired", session)


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One session."""
    session = mode.require(KIND, name)
    expire_if_due(mode, session)
    return session


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change the metadata."""
    session = mode.require(KIND, name)
    assign(session, params, "metadata")
    return mode.save(session)


def expire(mode: Mode, params: Params, name: str) -> Object:
    """Close an open session."""
    session = mode.require(KIND, name)
    if session["status"] != "open":
        raise InvalidRequest(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of {session['status']}."
        )
    _expire(mode, session)
    return session


def line_items(mode: Mode, params: Params, name: str) -> Object:
    """What is for sale in a session, in the order in which it was listed."""
    session = mode.require(KIND, name)
    url = f"/v1/checkout/sessions/{name}/line_items"
    return lists.cut(session["line_items"]["data"], params, url, "item")


def list_all(mode: Mode, params: Params) -> Object:
    """The sessions that pass the filters, newest first."""
    filters = {key: params.get(key) for key in ("customer", "status", "subscription")}
    things = lists.matching(mode, KIND, params, filters)
    email = params.get("customer_details", {}).get("email")
    if email:
        things = [s for s in things if (s["customer_details"] or {}).get("email") == email]
    return lists.cut(things, params, "/v1/checkout/sessions", KIND)
