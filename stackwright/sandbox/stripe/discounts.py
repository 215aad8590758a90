"""Discounts: a coupon, perhaps through a promotion code, at work on a subscription.

Source: https://docs.stripe.com/api/discounts.
"""

from stackwright.sandbox.stripe import coupons, periods, promotion_codes
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.mode import Mode, Object, Params

KIND = "discount"


def resolve(mode: Mode, sent: list[Params]) -> list[Params]:
    """Check `discounts[n][coupon|promotion_code]`; gives `{coupon, promotion_code}` each."""
    return [_resolve(mode, entry, f"discounts[{index}]") for index, entry in enumerate(sent)]


def _resolve(mode: Mode, entry: Params, path: str) -> Params:
    if "promotion_code" in entry:
        code = mode.require("promotion_code", entry["promotion_code"], f"{path}[promotion_code]")
        if not code["active"] or promotion_codes.is_used_up(mode, code):
            raise InvalidRequest(
                f"This promotion code cannot be redeemed: {code['code']} is not active.",
                param=f"{path}[promotion_code]",
            )
        return {"coupon": code["promotion"]["coupon"], "promotion_code": code["id"]}
    coupon = mode.require("coupon", entry.get("coupon", ""), f"{path}[coupon]")
    if not coupons.is_valid(mode, coupon):
        raise InvalidRequest(
            f"Coupon {coupon['id']} is expired and cannot be applied.",
            param=f"{path}[coupon]",
            code="coupon_expired",
        )
    return {"coupon": coupon["id"], "promotion_code": None}


def taken_off(mode: Mode, chosen: list[Params], amount: int) -> int:
    """What the chosen coupons take off an amount together."""
    left = amount
    for entry in chosen:
        coupon = mode.find("coupon", entry["coupon"])
        left -= coupons.discount(coupon, left) if coupon else 0
    return amount - left


def start(mode: Mode, subscription: Object, chosen: list[Params], session: str | None) -> None:
    """Put discounts on a subscription, counting each redemption."""
    for entry in chosen:
        coupon = mode.require("coupon", entry["coupon"])
        discount = _new(mode, subscription, coupon, entry["promotion_code"], session)
        mode.save(discount)
        subscription["discounts"] = [*subscription["discounts"], discount["id"]]
        coupons.redeem(mode, coupon)
        if entry["promotion_code"]:
            promotion_codes.redeem(mode, mode.require("promotion_code", entry["promotion_code"]))


def _new(
    mode: Mode, subscription: Object, coupon: Object, code: str | None, session: str | None
) -> Object:
    months = coupon["duration_in_months"]
    return {
        "id": "di_1" + mode.world.ids.alnum(23),
        "object": KIND,
        "checkout_session": session,
        "customer": subscription["customer"],
        "customer_account": None,
        "end": periods.after(mode.now(), "month", months) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": mode.now(),
        "subscription": subscription["id"],
        "subscription_item": None,
        "_once": coupon["duration"] == "once",
    }


def drop_finished(mode: Mode, subscription: Object) -> None:
    """Before a renewal: take away what was for once, or whose months are over."""
    kept = []
    for name in subscription["discounts"]:
        discount = mode.find(KIND, name)
        if discount and not discount["_once"] and (discount["end"] or mode.now() + 1) > mode.now():
            kept.append(name)
    subscription["discounts"] = kept


def of_subscription(mode: Mode, subscription: Object) -> list[Params]:
    """The coupons at work on a subscription, for `taken_off`."""
    found = [mode.find(KIND, name) for name in subscription["discounts"]]
    return [{"coupon": discount["source"]["coupon"]} for discount in found if discount]
