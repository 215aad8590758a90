"""How a stored object leaves: embedded objects in place, our own fields gone, `expand` obeyed,
in the shape of the API version that the reader asked for.

Source: https://docs.stripe.com/expand and https://docs.stripe.com/api/versioning.
"""

from dataclasses import replace
from typing import Any

from stackwright.sandbox.stripe import versions
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.mode import Mode, Object

Paths = dict[str, Any]
"""Expansions as a tree: `["data.product", "data.tiers"]` is `{"data": {"product": {}, ...}}`."""

REFERENCES = {
    "product": "product",
    "default_price": "price",
    "price": "price",
    "coupon": "coupon",
    "promotion_code": "promotion_code",
    "customer": "customer",
    "subscription": "subscription",
    "latest_invoice": "invoice",
    "invoice": "invoice",
    "default_payment_method": "payment_method",
    "test_clock": "test_helpers.test_clock",
    "configuration": "billing_portal.configuration",
}
"""Fields that hold an id and may be expanded, and the kind of object behind them."""
HIDDEN = {
    "price": {"tiers", "currency_options"},
    "coupon": {"applies_to", "currency_options"},
    "checkout.session": {"line_items"},
}
"""Fields that appear only when they are expanded."""
HIDDEN_AT = {"features.subscription_update": {"products"}}
"""The same for plain hashes, by the end of their path."""
WITH_PRICE = {"subscription_item", "item"}
"""Objects whose `price` is always the whole price as it is now."""
_DEEPEST = 4


def view(mode: Mode, thing: Object, expand: list[str] | None = None) -> Object:
    """The object as `mode.version` shows it, with the expansions that were asked for."""
    shown: Object = _View(mode).show(thing, _tree(expand or []), "")
    return shown


def snapshot(mode: Mode, thing: Object) -> Object:
    """The object as it is now at the newest version, for an event that is rendered later."""
    return view(Mode(mode.world, mode.live), thing)


def _tree(expand: list[str]) -> Paths:
    tree: Paths = {}
    for path in expand:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise InvalidRequest(
                f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}",
                param="expand",
            )
        node = tree
        for step in steps:
            node = node.setdefault(step, {})
    return tree


class _View:
    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    def show(self, value: Any, paths: Paths, at: str) -> Any:
        if isinstance(value, list):
            return [self.show(item, paths, at) for item in value]
        if not isinstance(value, dict):
            return value
        return self.show_object(value, paths, at)

    def show_object(self, value: Object, paths: Paths, at: str) -> Object:
        if _kind(value) == "event" and value["api_version"] != self.mode.version:
            older = replace(self.mode, version=value["api_version"])
            return _View(older).show_object(value, paths, at)
        value = versions.downgrade(self._complete(value), self.mode.version)
        value = self._old_references(value)
        self._refuse_unknown(value, paths, at)
        hidden = _hidden(value, at)
        return {
            key: self._field(key, child, paths.get(key), f"{at}.{key}" if at else key)
            for key, child in value.items()
            if not key.startswith("_") and (key not in hidden or key in paths)
        }

    def _field(self, key: str, child: Any, paths: Paths | None, at: str) -> Any:
        if key == "metadata":
            return child
        if paths is None or child is None:
            return self.show(child, {}, at)
        if isinstance(child, str):
            if key not in REFERENCES:
                raise _not_expandable(at)
            found = self.mode.find(REFERENCES[key], child)
            return self.show(found, paths, at) if found else child
        return self.show(child, paths, at)

    def _complete(self, value: Object) -> Object:
        """Put embedded objects in place, and the `plan` that mirrors a recurring price."""
        kind = _kind(value)
        if kind in WITH_PRICE and isinstance(value["price"], str):
            value = {**value, "price": self.mode.find("price", value["price"])}
        if kind == "subscription_item" and isinstance(value["price"], dict):
            value = {**value, "plan": plan(value["price"])}
        if kind == "subscription":
            entries = [self._complete(item) for item in value["items"]["data"]]
            value = {**value, "items": {**value["items"], "data": entries}}
        if kind == "line_item" and "pricing" in value:
            found = self.mode.find("price", value["pricing"]["price_details"]["price"])
            value = {**value, "_price": found, "_plan": plan(found) if found else None}
        return value

    def _old_references(self, value: Object) -> Object:
        """A promotion code before clover shows its whole coupon."""
        if _kind(value) == "promotion_code" and isinstance(value.get("coupon"), str):
            return {**value, "coupon": self.mode.find("coupon", value["coupon"])}
        return value

    def _refuse_unknown(self, value: Object, paths: Paths, at: str) -> None:
        for key in paths:
            if key in value:
                continue
            if key in _hidden(value, at):
                continue
            raise _not_expandable(f"{at}.{key}" if at else key, _kind(value) == "list")


def _hidden(value: Object, at: str) -> set[str]:
    for path, names in HIDDEN_AT.items():
        if at.endswith(path):
            return names
    return HIDDEN.get(_kind(value), set())


def _kind(value: Object) -> str:
    """The kind of an object, empty for a plain hash (an event's `data` has an `object` too)."""
    kind = value.get("object")
    return kind if isinstance(kind, str) else ""


def _not_expandable(path: str, in_list: bool = False) -> InvalidRequest:
    hint = f" You may want to try expanding 'data.{path}' instead." if in_list else ""
    return InvalidRequest(f"This property cannot be expanded ({path}).{hint}", param="expand")


def plan(price: Object) -> Object:
    """The legacy `plan` object that Stripe still shows beside a recurring price."""
    recurring = price.get("recurring") or {}
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
        "livemode": price["livemode"],
        "metadata": price["metadata"],
        "meter": recurring.get("meter"),
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": price["transform_quantity"],
        "trial_period_days": recurring.get("trial_period_days"),
        "usage_type": recurring.get("usage_type"),
    }
