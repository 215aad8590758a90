"""The API of subscriptions: create, change, cancel, list; their life is in `subscriptions`.

A change of price takes effect at once; another interval begins a new period and is invoiced.
Source: https://docs.stripe.com/api/subscriptions.
"""

import copy

from stackwright.sandbox.stripe import cards, customers, discounts, lists, subscriptions
from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter
from stackwright.sandbox.stripe.events import emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    MOMENT,
    SPAN,
    Array,
    Boolean,
    Choice,
    Either,
    Field,
    Integer,
    Metadata,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
)
from stackwright.sandbox.stripe.subscriptions import Order, period

KIND = subscriptions.KIND
_DAY = 24 * 3600
_BEHAVIOUR = choice("always_invoice", "create_prorations", "none")
_DETAILS = record(
    comment=Text(unset=True),
    feedback=choice(
        "customer_service", "low_quality", "missing_features", "other", "switched_service",
        "too_complex", "too_expensive", "unused", unset=True,
    ),
)  # fmt: skip
_DISCOUNTS = Array(of=record(coupon=Text(), promotion_code=Text()), limit=20, unset=True)
_ITEM: dict[str, Field] = {
    "price": Text(),
    "quantity": Integer(low=0),
    "metadata": Metadata(),
    **not_emulated(
        "billing_thresholds", "current_trial", "discounts", "plan", "price_data", "tax_rates"
    ),
}
_BOTH: dict[str, Field] = {
    "cancel_at": Either(first=MOMENT, second=Text(unset=True)),
    "cancel_at_period_end": Boolean(),
    "default_payment_method": Text(),
    "description": Text(limit=500, unset=True),
    "metadata": Metadata(),
    "off_session": Boolean(),
    "payment_behavior": choice(
        "allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"
    ),
    "proration_behavior": _BEHAVIOUR,
    "trial_end": Either(first=MOMENT, second=Choice(words=("now",))),
    "trial_from_plan": Boolean(),
    **not_emulated(
        "add_invoice_items", "application_fee_percent", "automatic_tax", "billing_schedules",
        "billing_thresholds",
        "days_until_due", "default_source", "default_tax_rates", "invoice_settings",
        "on_behalf_of", "payment_settings", "pending_invoice_item_interval", "transfer_data",
        "trial_settings", "collection_method", "billing_cycle_anchor",
    ),
}  # fmt: skip
CREATE = operation(
    ("trial_end", "trial_period_days"),
    customer=Text(required=True),
    items=Array(of=record(**_ITEM), limit=20, required=True),
    currency=Text(),
    discounts=_DISCOUNTS,
    trial_period_days=Integer(low=1, high=730),
    **_BOTH,
    **not_emulated(
        "backdate_start_date", "billing_cycle_anchor_config", "billing_mode", "customer_account"
    ),
)
UPDATE = operation(
    items=Array(
        of=record(id=Text(), deleted=Boolean(), **_ITEM, **not_emulated("clear_usage")), limit=20
    ),
    cancellation_details=_DETAILS,
    **_BOTH,
    **not_emulated("discounts", "pause_collection", "proration_date"),
)
RETRIEVE = operation()
CANCEL = operation(cancellation_details=_DETAILS, invoice_now=Boolean(), prorate=Boolean())
LIST = listing(
    created=SPAN,
    current_period_end=SPAN,
    current_period_start=SPAN,
    customer=Text(),
    price=Text(),
    status=choice(
        "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due",
        "paused", "trialing", "unpaid",
    ),
    test_clock=Text(),
    **not_emulated("automatic_tax", "collection_method", "customer_account", "plan"),
)  # fmt: skip


def create(mode: Mode, params: Params) -> Object:
    """A subscription made through the API; the customer must be able to pay."""
    customer = customers.living(mode, params["customer"], "customer")
    mode = mode.changing(customer)
    items = [_with_price(item, index) for index, item in enumerate(params["items"])]
    subscriptions.check_items(mode, items)
    method = customers.default_payment_method(mode, customer)
    if "default_payment_method" in params:
        name = params["default_payment_method"]
        method = cards.of_customer(mode, name, customer, "default_payment_method")
    trial_end = _trial_end(mode, params)
    if method is None and trial_end is None:
        raise InvalidRequest(
            "This customer has no attached payment source or default payment method. Please"
            " consider adding a default payment method. For more information, visit"
            " https://stripe.com/docs/billing/subscriptions/payment-methods-setting"
            "#payment-method-priority.",
            code="resource_missing",
        )
    order = Order(
        customer,
        items,
        method if "default_payment_method" in params else None,
        {key: value for key, value in (params.get("metadata") or {}).items() if value},
        params.get("description"),
        trial_end,
        discounts.resolve(mode, params.get("discounts", [])),
    )
    subscription = subscriptions.start(mode, order)
    _schedule_end(mode, subscription, params)
    return mode.save(subscription)


def _with_price(item: Params, index: int) -> Params:
    if "price" not in item:
        raise MissingParameter(f"items[{index}][price]")
    return item


def _trial_end(mode: Mode, params: Params) -> int | None:
    if "trial_period_days" in params:
        return int(mode.now() + params["trial_period_days"] * _DAY)
    moment = params.get("trial_end")
    if moment in (None, "now"):
        return None
    if moment <= mode.now():
        raise InvalidRequest("Invalid timestamp: must be in the future.", param="trial_end")
    return int(moment)


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change a living subscription: items, payment method, trial, the end."""
    subscription = mode.require(KIND, name)
    mode = mode.changing(subscription)
    if subscription["status"] == "canceled":
        raise InvalidRequest(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    before = copy.deepcopy(subscription)
    assign(subscription, params, "metadata", "description")
    if "default_payment_method" in params:
        customer = mode.require("customer", subscription["customer"])
        method = cards.of_customer(
            mode, params["default_payment_method"], customer, "default_payment_method"
        )
        subscription["default_payment_method"] = method["id"]
    _schedule_end(mode, subscription, params)
    restarts = _change_items(mode, subscription, params.get("items", []))
    restarts = _end_trial(mode, subscription, params) or restarts
    mode.save(subscription)
    if restarts:
        subscriptions.restart(mode, subscription)
    emit_update(mode, "customer.subscription.updated", before, subscription)
    return mode.save(subscription)


def _schedule_end(mode: Mode, subscription: Object, params: Params) -> None:
    """`cancel_at_period_end` and `cancel_at`: one sets, `false` or empty takes back."""
    if "cancellation_details" in params:
        subscription["cancellation_details"] |= params["cancellation_details"]
    if "cancel_at_period_end" in params:
        ends = params["cancel_at_period_end"]
        subscription["cancel_at_period_end"] = ends
        subscription["cancel_at"] = period(subscription)[1] if ends else None
    elif "cancel_at" in params:
        subscription["cancel_at"] = params["cancel_at"]
    else:
        return
    scheduled = subscription["cancel_at"] is not None
    subscription["canceled_at"] = mode.now() if scheduled else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if scheduled else None


def _change_items(mode: Mode, subscription: Object, sent: list[Params]) -> bool:
    """Change, add and remove items; whether the interval is another one now."""
    items = subscription["items"]["data"]
    old = _interval(mode, items[0]["price"])
    for index, change in enumerate(sent):
        if "id" not in change:
            added = _with_price(change, index)
            items.append(
                subscriptions.new_item(mode, subscription["id"], added, *period(subscription))
            )
            continue
        item = _own_item(items, change["id"], index)
        if change.get("deleted"):
            items.remove(item)
        else:
            assign(item, change, "price", "quantity", "metadata")
    if sent and not items:
        raise InvalidRequest("A subscription must have at least one active item.", param="items")
    if sent:
        subscriptions.check_items(mode, items)
    return _interval(mode, items[0]["price"]) != old


def _own_item(items: list[Object], name: str, index: int) -> Object:
    for item in items:
        if item["id"] == name:
            return item
    raise InvalidRequest(
        f"No such subscription item: '{name}'", param=f"items[{index}][id]", code="resource_missing"
    )


def _interval(mode: Mode, price: str) -> tuple[str, int]:
    recurring = mode.require("price", price)["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _end_trial(mode: Mode, subscription: Object, params: Params) -> bool:
    """`trial_end=now` ends the trial; a moment moves its end."""
    if "trial_end" not in params:
        return False
    moment = _trial_end(mode, params)
    if moment is None:
        subscription["trial_end"] = mode.now()
        return bool(subscription["status"] == "trialing")
    subscription |= {"trial_end": moment, "status": "trialing"}
    subscription["trial_start"] = subscription["trial_start"] or mode.now()
    subscriptions.set_period(subscription, mode.now(), moment)
    return False


def cancel(mode: Mode, params: Params, name: str) -> Object:
    """`DELETE`: end it now."""
    subscription = mode.require(KIND, name)
    mode = mode.changing(subscription)
    if subscription["status"] == "canceled":
        raise InvalidRequest(f"No such subscription: '{name}'", param="id", code="resource_missing")
    if "cancellation_details" in params:
        subscription["cancellation_details"] |= params["cancellation_details"]
    return subscriptions.end(mode, subscription)


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One subscription."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The subscriptions that pass the filters, newest first; canceled ones only when asked for,
    those on a test clock when their clock or customer is."""
    things = [thing for thing in mode.all(KIND) if _passes(thing, params)]
    return lists.cut(things, params, "/v1/subscriptions", KIND)


def _passes(subscription: Object, params: Params) -> bool:
    wanted = params.get("status")
    status = subscription["status"]
    start_at, end_at = period(subscription)
    prices = [item["price"] for item in subscription["items"]["data"]]
    return bool(
        _status_passes(status, wanted)
        and ("customer" in params or subscription["test_clock"] == params.get("test_clock"))
        and subscription["customer"] == params.get("customer", subscription["customer"])
        and params.get("price", prices[0]) in prices
        and lists.within(subscription["created"], params.get("created", {}))
        and lists.within(start_at, params.get("current_period_start", {}))
        and lists.within(end_at, params.get("current_period_end", {}))
    )


def _status_passes(status: str, wanted: str | None) -> bool:
    if wanted is None:
        return status != "canceled"
    if wanted == "all":
        return True
    return status in (("canceled", "incomplete_expired") if wanted == "ended" else (wanted,))
