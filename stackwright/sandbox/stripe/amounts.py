"""What a quantity of a price costs, in minor units. Metered prices cost nothing in advance."""

import math
from decimal import ROUND_HALF_UP, Decimal

from stackwright.sandbox.stripe.mode import Object


def total(price: Object, quantity: int) -> int:
    """The amount for `quantity` units of a stored price."""
    if (price["recurring"] or {}).get("usage_type") == "metered":
        return 0
    units = _units(price, quantity)
    if price["billing_scheme"] == "tiered":
        return _whole(_tiered(price["tiers"], units, price["tiers_mode"]))
    return _whole(_amount(price) * units)


def _units(price: Object, quantity: int) -> int:
    packages = price["transform_quantity"]
    if not packages:
        return quantity
    whole = quantity / int(packages["divide_by"])
    return math.ceil(whole) if packages["round"] == "up" else math.floor(whole)


def _tiered(tiers: list[Object], units: int, how: str) -> Decimal:
    """Volume: all units at the price of the tier they reach; graduated: each at its own."""
    cost, below = Decimal(0), 0
    for tier in tiers:
        upper = units if tier["up_to"] is None else min(units, tier["up_to"])
        inside = units if how == "volume" else upper - below
        if how == "graduated" or tier["up_to"] is None or units <= tier["up_to"]:
            cost += _amount(tier) * inside + (tier["flat_amount"] or 0)
        if upper >= units:
            break
        below = upper
    return cost


def _amount(price: Object) -> Decimal:
    return Decimal(price["unit_amount_decimal"] or 0)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
