"""Stripe's API versions, and how objects looked before the newest one.

A stored object has the shape of `CURRENT`. `downgrade` gives an object the shape that an older
version had; it changes only the object itself, not those nested in it.
Source: https://docs.stripe.com/changelog (2024-04-10, basil, clover, dahlia, endive).
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from stackwright.sandbox.stripe.errors import InvalidRequest

CURRENT = "2026-10-28.endive"
"""The version of the stored objects, and the account's default version."""
CLOVER = "2025-09-30"
BASIL = "2025-03-31"
DAHLIA = "2026-03-25"
ENDIVE = "2026-09-30"
APRIL_2024 = "2024-04-10"

Object = dict[str, Any]

KNOWN = tuple((files(__package__) / "api_versions.txt").read_text().split())


def check(version: str) -> str:
    """The version if Stripe has published it; raises `InvalidRequest`."""
    if version not in KNOWN:
        raise InvalidRequest(f"Invalid Stripe API version: {version}")
    return version


def before(version: str, change: str) -> bool:
    """Whether `version` is older than the release that brought a change (`2025-03-31`)."""
    return version[:10] < change


def downgrade(thing: Object, version: str) -> Object:
    """The object (version `CURRENT`, references not expanded) in the shape of `version`."""
    for kind, change, shape in _CHANGES:
        if thing.get("object") == kind and before(version, change):
            thing = shape(dict(thing))
    return thing


def _product(product: Object) -> Object:
    """2024-04-10 renamed `features`."""
    product["features"] = product.pop("marketing_features")
    return product


def _subscription(subscription: Object) -> Object:
    """Basil moved the current period from the subscription to its items."""
    items = subscription["items"]["data"]
    for name in ("current_period_start", "current_period_end"):
        subscription[name] = items[0].get(name, subscription.get(name)) if items else None
    single = items[0] if len(items) == 1 else {}
    subscription["plan"] = single.get("plan")
    subscription["quantity"] = single.get("quantity")
    subscription["discount"] = None
    return subscription


def _subscription_item(item: Object) -> Object:
    for name in ("current_period_start", "current_period_end"):
        item.pop(name, None)
    return item


def _invoice(invoice: Object) -> Object:
    """Basil moved the subscription under `parent` and payments out of the invoice."""
    parent = (invoice.pop("parent", None) or {}).get("subscription_details") or {}
    invoice["subscription"] = parent.get("subscription")
    invoice["subscription_details"] = {"metadata": parent.get("metadata")}
    invoice["paid"] = invoice["status"] == "paid"
    invoice["paid_out_of_band"] = False
    taxes = invoice.pop("total_taxes", None) or []
    invoice["tax"] = sum(tax["amount"] for tax in taxes) if taxes else None
    invoice["total_tax_amounts"] = []
    invoice |= {"charge": None, "payment_intent": None, "discount": None, "quote": None}
    return invoice


def _line_item(line: Object) -> Object:
    parent = (line.pop("parent", None) or {}).get("subscription_item_details") or {}
    line.pop("pricing", None)
    line["price"] = line.get("_price")
    line["plan"] = line.get("_plan")
    line["subscription"] = parent.get("subscription")
    line["subscription_item"] = parent.get("subscription_item")
    line["proration"] = parent.get("proration", False)
    line["type"] = "subscription" if parent else "invoiceitem"
    line["tax_amounts"] = []
    line["tax_rates"] = []
    return line


def _promotion_code(code: Object) -> Object:
    """Clover moved the coupon under `promotion`."""
    code["coupon"] = code.pop("promotion")["coupon"]
    return code


def _checkout_session(session: Object) -> Object:
    """Dahlia renamed the values of `ui_mode`."""
    old = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}
    session["ui_mode"] = old.get(session["ui_mode"], session["ui_mode"])
    return session


_CHANGES: tuple[tuple[str, str, Callable[[Object], Object]], ...] = (
    ("checkout.session", DAHLIA, _checkout_session),
    ("promotion_code", CLOVER, _promotion_code),
    ("subscription", BASIL, _subscription),
    ("subscription_item", BASIL, _subscription_item),
    ("invoice", BASIL, _invoice),
    ("line_item", BASIL, _line_item),
    ("product", APRIL_2024, _product),
)
