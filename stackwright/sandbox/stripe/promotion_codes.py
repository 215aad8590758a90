"""Promotion codes: unique without regard to case among the active ones; archived, not deleted.

Since 2025-09-30 (clover) the coupon is named as `promotion[type]=coupon, promotion[coupon]`;
older versions name it at the top level.
Source: https://docs.stripe.com/api/promotion_codes.
"""

from stackwright.sandbox.stripe import coupons, lists, versions
from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter, UnknownParameters
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    MOMENT,
    SPAN,
    Boolean,
    Integer,
    Mapping,
    Metadata,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
)

KIND = "promotion_code"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_OPTIONS = Mapping(of=record(minimum_amount=Integer(low=1)))
CREATE = operation(
    active=Boolean(),
    code=Text(limit=500, pattern=r"[A-Za-z0-9\-]+"),
    coupon=Text(),
    customer=Text(),
    expires_at=MOMENT,
    max_redemptions=Integer(low=1),
    metadata=Metadata(),
    promotion=record(type=choice("coupon", required=True), coupon=Text()),
    restrictions=record(
        currency_options=_OPTIONS,
        first_time_transaction=Boolean(),
        minimum_amount=Integer(low=1),
        minimum_amount_currency=Text(),
    ),
    **not_emulated("customer_account"),
)
UPDATE = operation(
    active=Boolean(),
    metadata=Metadata(),
    restrictions=record(currency_options=_OPTIONS),
)
RETRIEVE = operation()
LIST = listing(
    active=Boolean(), code=Text(), coupon=Text(), created=SPAN, customer=Text(),
    **not_emulated("customer_account"),
)  # fmt: skip


def create(mode: Mode, params: Params) -> Object:
    """A new code for a coupon; Stripe makes one up if none is given."""
    coupon = mode.require("coupon", _coupon(mode, params), "coupon")
    if not coupons.is_valid(mode, coupon):
        raise InvalidRequest(f"Coupon {coupon['id']} is not valid anymore.", param="coupon")
    if "customer" in params:
        mode.require("customer", params["customer"], "customer")
    code = params.get("code") or mode.world.ids.make("", 8, _UPPER)
    if params.get("active", True):
        _check_free(mode, code)
    promotion = mode.fresh(
        KIND,
        active=params.get("active", True),
        code=code,
        customer=params.get("customer"),
        customer_account=None,
        expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"),
        metadata={},
        promotion={"coupon": coupon["id"], "type": "coupon"},
        restrictions=_restrictions(params.get("restrictions", {})),
        times_redeemed=0,
    )
    assign(promotion, params, "metadata")
    mode.save(promotion)
    emit(mode, "promotion_code.created", promotion)
    return promotion


def _coupon(mode: Mode, params: Params) -> str:
    """The coupon's id from where this API version has it."""
    old = versions.before(mode.version, versions.CLOVER)
    known, foreign = ("coupon", "promotion") if old else ("promotion", "coupon")
    if foreign in params:
        raise UnknownParameters([foreign])
    if known not in params:
        raise MissingParameter(known)
    if old:
        return str(params["coupon"])
    if "coupon" not in params["promotion"]:
        raise MissingParameter("promotion[coupon]")
    return str(params["promotion"]["coupon"])


def _restrictions(sent: Params) -> Object:
    if ("minimum_amount" in sent) != ("minimum_amount_currency" in sent):
        raise MissingParameter("restrictions[minimum_amount_currency]")
    restrictions = {
        "first_time_transaction": sent.get("first_time_transaction", False),
        "minimum_amount": sent.get("minimum_amount"),
        "minimum_amount_currency": sent.get("minimum_amount_currency"),
    }
    if "currency_options" in sent:
        restrictions["currency_options"] = sent["currency_options"]
    return restrictions


def _check_free(mode: Mode, code: str, own: str = "") -> None:
    for other in mode.where(KIND, active=True):
        if other["code"].lower() == code.lower() and other["id"] != own:
            raise InvalidRequest(
                f"An active promotion code with `code: {code}` already exists.", param="code"
            )


def update(mode: Mode, params: Params, name: str) -> Object:
    """Archive or revive a code, change metadata or the minimum amounts."""
    before = mode.require(KIND, name)
    if params.get("active") and not before["active"]:
        _check_free(mode, before["code"], before["id"])
        if is_used_up(mode, before):
            raise InvalidRequest(
                "This promotion code cannot be activated: it is expired or fully redeemed.",
                param="active",
            )
    promotion = dict(before)
    assign(promotion, params, "active", "metadata")
    if "restrictions" in params:
        promotion["restrictions"] = {**promotion["restrictions"], **params["restrictions"]}
    mode.save(promotion)
    emit_update(mode, "promotion_code.updated", before, promotion)
    return promotion


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One promotion code."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The promotion codes that pass the filters, newest first."""
    things = [
        thing
        for thing in mode.all(KIND)
        if thing["active"] == params.get("active", thing["active"])
        and thing["customer"] == params.get("customer", thing["customer"])
        and thing["promotion"]["coupon"] == params.get("coupon", thing["promotion"]["coupon"])
        and thing["code"].lower() == str(params.get("code", thing["code"])).lower()
        and lists.within(thing["created"], params.get("created", {}))
    ]
    return lists.cut(things, params, "/v1/promotion_codes", KIND)


def is_used_up(mode: Mode, promotion: Object) -> bool:
    """Whether a code is past its end or its number of uses."""
    expired = promotion["expires_at"] is not None and promotion["expires_at"] <= mode.now()
    most = promotion["max_redemptions"]
    return expired or (most is not None and promotion["times_redeemed"] >= most)


def redeemable(mode: Mode, code: str) -> Object | None:
    """The active code that a customer typed, or None."""
    for promotion in mode.where(KIND, active=True):
        if promotion["code"].lower() == code.lower() and not is_used_up(mode, promotion):
            coupon = mode.find("coupon", promotion["promotion"]["coupon"])
            return promotion if coupon and coupons.is_valid(mode, coupon) else None
    return None


def redeem(mode: Mode, promotion: Object) -> None:
    """Count one use of the code."""
    promotion["times_redeemed"] += 1
    if is_used_up(mode, promotion):
        promotion["active"] = False
    mode.save(promotion)
