"""Coupons: terms never change, only name, metadata and currency options; deletion is real.

Source: https://docs.stripe.com/api/coupons.
"""

from stackwright.sandbox.stripe import lists
from stackwright.sandbox.stripe.currencies import SUPPORTED
from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    MOMENT,
    SPAN,
    Array,
    Integer,
    Mapping,
    Metadata,
    Number,
    Text,
    choice,
    listing,
    operation,
    record,
)

KIND = "coupon"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_FIVE_YEARS = 5 * 366 * 24 * 3600
_OPTIONS = Mapping(of=record(amount_off=Integer(required=True, low=1)))
CREATE = operation(
    ("amount_off", "percent_off"),
    amount_off=Integer(low=1),
    applies_to=record(products=Array(of=Text())),
    currency=Text(),
    currency_options=_OPTIONS,
    duration=choice("forever", "once", "repeating"),
    duration_in_months=Integer(low=1),
    id=Text(limit=200, pattern=r"[A-Za-z0-9_\-]+"),
    max_redemptions=Integer(low=1),
    metadata=Metadata(),
    name=Text(limit=40),
    percent_off=Number(low=0.01, high=100),
    redeem_by=MOMENT,
)
UPDATE = operation(currency_options=_OPTIONS, metadata=Metadata(), name=Text(limit=40, unset=True))
RETRIEVE = operation()
DELETE = operation()
LIST = listing(created=SPAN)


def create(mode: Mode, params: Params) -> Object:
    """A new coupon: a percentage, or an amount in a currency."""
    _check(mode, params)
    coupon = mode.fresh(
        KIND,
        id=params.get("id") or mode.world.ids.make("", 8, _UPPER),
        amount_off=params.get("amount_off"),
        currency=params["currency"].lower() if "amount_off" in params else None,
        duration=params.get("duration", "once"),
        duration_in_months=params.get("duration_in_months"),
        max_redemptions=params.get("max_redemptions"),
        metadata={},
        name=params.get("name"),
        percent_off=params.get("percent_off"),
        redeem_by=params.get("redeem_by"),
        times_redeemed=0,
        valid=True,
        applies_to=params.get("applies_to"),
        currency_options=params.get("currency_options", {}),
    )
    assign(coupon, params, "metadata")
    mode.save(coupon)
    emit(mode, "coupon.created", coupon)
    return coupon


def _check(mode: Mode, params: Params) -> None:
    if "amount_off" not in params and "percent_off" not in params:
        raise InvalidRequest(
            "You must pass either `percent_off` or `amount_off`.", code="parameter_missing"
        )
    if "amount_off" in params and "currency" not in params:
        raise InvalidRequest(
            "You must pass currency when passing amount_off.",
            param="currency",
            code="parameter_missing",
        )
    if params.get("currency", "usd").lower() not in SUPPORTED:
        raise InvalidRequest(f"Invalid currency: {params['currency']}", param="currency")
    _check_duration(params)
    _check_references(mode, params)


def _check_duration(params: Params) -> None:
    repeating = params.get("duration") == "repeating"
    if repeating and "duration_in_months" not in params:
        raise MissingParameter("duration_in_months")
    if not repeating and "duration_in_months" in params:
        raise InvalidRequest(
            "`duration_in_months` can only be set if `duration` is `repeating`.",
            param="duration_in_months",
        )


def _check_references(mode: Mode, params: Params) -> None:
    if "id" in params and mode.find(KIND, params["id"]):
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists")
    for product in params.get("applies_to", {}).get("products", []):
        mode.require("product", product, "applies_to[products]")
    moment = params.get("redeem_by")
    if moment is not None and not mode.now() < moment <= mode.now() + _FIVE_YEARS:
        raise InvalidRequest(
            "`redeem_by` must be in the future and within five years.", param="redeem_by"
        )


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change name, metadata or the amounts in further currencies."""
    before = mode.require(KIND, name)
    coupon = dict(before)
    assign(coupon, params, "metadata", "name")
    if "currency_options" in params:
        coupon["currency_options"] = {**coupon["currency_options"], **params["currency_options"]}
    mode.save(coupon)
    emit_update(mode, "coupon.updated", before, coupon)
    return coupon


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One coupon."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The coupons, newest first."""
    return lists.page(mode, KIND, params, "/v1/coupons")


def delete(mode: Mode, params: Params, name: str) -> Object:
    """Remove a coupon; discounts that were given with it stay."""
    coupon = mode.require(KIND, name)
    emit(mode, "coupon.deleted", coupon)
    return mode.delete(coupon)


def redeem(mode: Mode, coupon: Object) -> None:
    """Count one use; the last one makes the coupon invalid."""
    coupon["times_redeemed"] += 1
    most = coupon["max_redemptions"]
    coupon["valid"] = most is None or coupon["times_redeemed"] < most
    mode.save(coupon)


def is_valid(mode: Mode, coupon: Object) -> bool:
    """Whether the coupon can still be redeemed."""
    expired = coupon["redeem_by"] is not None and coupon["redeem_by"] <= mode.now()
    return bool(coupon["valid"]) and not expired


def discount(coupon: Object, amount: int) -> int:
    """What the coupon takes off an amount in minor units."""
    if coupon["amount_off"] is not None:
        return min(amount, int(coupon["amount_off"]))
    return round(amount * float(coupon["percent_off"]) / 100)
