"""Prices: amount, currency, interval, product and tiers never change; archived, never deleted.

A lookup key is unique among all prices, archived ones included.
Source: https://docs.stripe.com/api/prices, https://docs.stripe.com/products-prices/manage-prices.
"""

from typing import Any

from stackwright.sandbox.stripe import lists
from stackwright.sandbox.stripe.currencies import SUPPORTED
from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign, merge_metadata
from stackwright.sandbox.stripe.price_parameters import CREATE, LIST, RETRIEVE, UPDATE

KIND = "price"
_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
__all__ = ["CREATE", "LIST", "RETRIEVE", "UPDATE", "create", "list_all", "retrieve", "update"]


def create(mode: Mode, params: Params) -> Object:
    """A new price of an existing product, or of one made along with it."""
    currency = _currency(params["currency"])
    _check_amount(params)
    product = _product(mode, params)
    recurring = _recurring(params.get("recurring"))
    price = mode.fresh(
        KIND,
        active=params.get("active", True),
        billing_scheme=params.get("billing_scheme", "per_unit"),
        currency=currency,
        custom_unit_amount=_custom(params.get("custom_unit_amount")),
        lookup_key=None,
        metadata={},
        nickname=params.get("nickname"),
        product=product,
        recurring=recurring,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        tiers_mode=params.get("tiers_mode"),
        transform_quantity=params.get("transform_quantity"),
        type="recurring" if recurring else "one_time",
        **_amounts(params),
    )
    _add_hidden(price, params)
    merge_metadata(price, params.get("metadata", {}))
    _take_lookup_key(mode, price, params)
    mode.save(price)
    emit(mode, "price.created", price)
    return price


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change what may change; an active default price of its product cannot be archived."""
    before = mode.require(KIND, name)
    price = dict(before)
    if params.get("active") is False:
        _check_not_default(mode, price)
    _check_tax_behavior(price, params)
    assign(price, params, "active", "metadata", "nickname", "tax_behavior")
    if "currency_options" in params:
        price["currency_options"] = {
            **price.get("currency_options", {}),
            **_options(params["currency_options"] or {}, price["currency"]),
        }
    if "lookup_key" in params:
        _take_lookup_key(mode, price, params)
    mode.save(price)
    emit_update(mode, "price.updated", before, price)
    return price


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One price."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The prices that pass the filters, newest first; only active ones unless told otherwise."""
    things = [thing for thing in mode.all(KIND) if _passes(thing, params)]
    return lists.cut(things, params, "/v1/prices", KIND)


def _passes(price: Object, params: Params) -> bool:
    recurring = price["recurring"] or {}
    wanted = params.get("recurring", {})
    return (
        price["active"] == params.get("active", True)
        and all(
            price[key] == params[key] for key in ("currency", "product", "type") if key in params
        )
        and price["lookup_key"] in params.get("lookup_keys", [price["lookup_key"]])
        and lists.within(price["created"], params.get("created", {}))
        and all(recurring.get(key) == value for key, value in wanted.items())
    )


def _currency(word: str) -> str:
    currency = word.lower()
    if currency not in SUPPORTED:
        raise InvalidRequest(
            f"Invalid currency: {word}. Stripe currently supports these currencies:"
            f" {', '.join(sorted(SUPPORTED))}",
            param="currency",
        )
    return currency


def _check_amount(params: Params) -> None:
    """Exactly one way to say the amount."""
    amounts = [key for key in ("unit_amount", "unit_amount_decimal") if key in params]
    if params.get("billing_scheme") == "tiered":
        for key in ("tiers", "tiers_mode"):
            if key not in params:
                raise MissingParameter(key)
        if amounts:
            raise InvalidRequest(
                f"You cannot specify `{amounts[0]}` with `billing_scheme=tiered`.",
                param=amounts[0],
            )
        _check_tiers(params["tiers"])
    elif "tiers" in params or "tiers_mode" in params:
        raise InvalidRequest("`tiers` needs `billing_scheme=tiered`.", param="tiers")
    elif len(amounts) + ("custom_unit_amount" in params) != 1:
        raise InvalidRequest(
            "You must specify exactly one of `unit_amount`, `unit_amount_decimal` or"
            " `custom_unit_amount` when creating a price.",
            param="unit_amount",
            code=None if amounts else "parameter_missing",
        )


def _check_tiers(tiers: list[Object]) -> None:
    if not tiers or tiers[-1]["up_to"] != "inf":
        raise InvalidRequest("The last tier must have `up_to=inf`.", param="tiers")


def _product(mode: Mode, params: Params) -> str:
    if "product_data" in params:
        from stackwright.sandbox.stripe import products

        return str(products.create(mode, params["product_data"])["id"])
    if "product" not in params:
        raise MissingParameter("product")
    return str(mode.require("product", params["product"], "product")["id"])


def _recurring(sent: Params | None) -> Object | None:
    if sent is None:
        return None
    count = sent.get("interval_count", 1)
    if count > _LONGEST[sent["interval"]]:
        raise InvalidRequest(
            "Invalid recurring[interval_count]: the maximum interval is three years",
            param="recurring[interval_count]",
        )
    return {
        "interval": sent["interval"],
        "interval_count": count,
        "meter": sent.get("meter"),
        "trial_period_days": sent.get("trial_period_days"),
        "usage_type": sent.get("usage_type", "licensed"),
    }


def _amounts(params: Params) -> dict[str, Any]:
    """Both spellings of the amount; a decimal with places has no whole one."""
    if "unit_amount" in params:
        whole = params["unit_amount"]
        return {"unit_amount": whole, "unit_amount_decimal": str(whole)}
    decimal = params.get("unit_amount_decimal")
    whole = int(decimal) if decimal is not None and decimal.isdigit() else None
    return {"unit_amount": whole, "unit_amount_decimal": decimal}


def _custom(sent: Params | None) -> Object | None:
    if sent is None or not sent["enabled"]:
        return None
    return {key: sent.get(key) for key in ("maximum", "minimum", "preset")}


def _add_hidden(price: Object, params: Params) -> None:
    """`tiers` and `currency_options` show only when they are expanded."""
    if "tiers" in params:
        price["tiers"] = [_tier(tier) for tier in params["tiers"]]
    own = {"tax_behavior": price["tax_behavior"], "custom_unit_amount": price["custom_unit_amount"]}
    price["currency_options"] = {
        price["currency"]: {
            **own,
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        **_options(params.get("currency_options") or {}, price["currency"]),
    }


def _options(sent: Params, currency: str) -> dict[str, Object]:
    if currency in sent:
        raise InvalidRequest(
            "You are specifying an update to a currency option that matches the top-level"
            " currency for this price. Please remove this currency option and update the"
            " top-level params instead.",
            param=f"currency_options[{currency}]",
        )
    return {
        _currency(key): {
            "custom_unit_amount": _custom(option.get("custom_unit_amount")),
            "tax_behavior": option.get("tax_behavior", "unspecified"),
            **_amounts(option),
        }
        for key, option in sent.items()
    }


def _tier(sent: Params) -> Object:
    flat = sent.get("flat_amount")
    return {
        "flat_amount": flat,
        "flat_amount_decimal": sent.get("flat_amount_decimal", None if flat is None else str(flat)),
        **_amounts(sent),
        "up_to": None if sent["up_to"] == "inf" else sent["up_to"],
    }


def _take_lookup_key(mode: Mode, price: Object, params: Params) -> None:
    """Give the price its key; a holder keeps it unless `transfer_lookup_key` was sent."""
    key = params.get("lookup_key")
    for holder in mode.where(KIND, lookup_key=key) if key else []:
        if holder["id"] == price["id"]:
            continue
        if not params.get("transfer_lookup_key"):
            raise InvalidRequest(
                f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
            )
        mode.save({**holder, "lookup_key": None})
        emit_update(mode, "price.updated", holder, {**holder, "lookup_key": None})
    price["lookup_key"] = key


def _check_not_default(mode: Mode, price: Object) -> None:
    product = mode.find("product", price["product"])
    if product and product["default_price"] == price["id"]:
        raise InvalidRequest(
            "This price cannot be archived because it is the default price of its product.",
            param="active",
        )


def _check_tax_behavior(price: Object, params: Params) -> None:
    now = price["tax_behavior"]
    if "tax_behavior" in params and now not in ("unspecified", params["tax_behavior"]):
        raise InvalidRequest(
            f"The tax behavior of a price cannot be changed once it is set to `{now}`.",
            param="tax_behavior",
        )
