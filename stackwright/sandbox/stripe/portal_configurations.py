"""Customer portal configurations: switched off, never deleted. One is the default, which on
Stripe is saved in the dashboard; here it exists from the beginning.

Source: https://docs.stripe.com/api/customer_portal/configurations.
"""

import copy

from stackwright.sandbox.stripe import lists
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    Array,
    Boolean,
    Choice,
    Field,
    Integer,
    Metadata,
    Record,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
)

KIND = "billing_portal.configuration"
_ENABLED = Boolean(required=True)
_PRORATION = choice("always_invoice", "create_prorations", "none")
_REASONS = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service",
    "too_complex", "too_expensive", "unused",
)  # fmt: skip
_UPDATES = ("address", "email", "name", "phone", "shipping", "tax_id")
_PRODUCTS = Array(
    of=record(
        product=Text(required=True),
        prices=Array(of=Text(), required=True),
        adjustable_quantity=record(
            enabled=_ENABLED, maximum=Integer(low=1), minimum=Integer(low=0)
        ),
    ),
    limit=10,
    unset=True,
)
_CONDITION = record(type=choice("decreasing_item_amount", "shortening_interval", required=True))
_CANCEL: dict[str, Field] = {
    "cancellation_reason": record(
        enabled=_ENABLED, options=Array(of=Choice(words=_REASONS), unset=True, required=True)
    ),
    "mode": choice("at_period_end", "immediately"),
    "proration_behavior": _PRORATION,
}
_CHANGE: dict[str, Field] = {
    "billing_cycle_anchor": choice("now", "unchanged"),
    "default_allowed_updates": Array(
        of=Choice(words=("price", "promotion_code", "quantity")), unset=True
    ),
    "products": _PRODUCTS,
    "proration_behavior": _PRORATION,
    "schedule_at_period_end": record(conditions=Array(of=_CONDITION, unset=True)),
    "trial_update_behavior": choice("continue_trial", "end_trial"),
}


def _features(enabled: Field) -> Record:
    return record(
        customer_update=record(
            enabled=enabled, allowed_updates=Array(of=Choice(words=_UPDATES), unset=True)
        ),
        invoice_history=record(enabled=_ENABLED),
        payment_method_update=record(enabled=enabled, payment_method_configuration=Text()),
        subscription_cancel=record(enabled=enabled, **_CANCEL),
        subscription_update=record(enabled=enabled, **_CHANGE),
        **not_emulated("subscription_pause"),
    )


_BOTH: dict[str, Field] = {
    "business_profile": record(
        headline=Text(limit=60, unset=True),
        privacy_policy_url=Text(unset=True),
        terms_of_service_url=Text(unset=True),
    ),
    "default_return_url": Text(unset=True),
    "login_page": record(enabled=_ENABLED),
    "metadata": Metadata(),
    "name": Text(unset=True),
}
CREATE = operation(features=Record(fields=_features(_ENABLED).fields, required=True), **_BOTH)
UPDATE = operation(active=Boolean(), features=_features(Boolean()), **_BOTH)
RETRIEVE = operation()
LIST = listing(active=Boolean(), is_default=Boolean())
_PLAIN: Object = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def create(mode: Mode, params: Params) -> Object:
    """A new configuration beside the default one."""
    default(mode)
    configuration = mode.save(_new(mode, params, is_default=False))
    emit(mode, "billing_portal.configuration.created", configuration)
    return configuration


def default(mode: Mode) -> Object:
    """The account's default configuration, made when it is first needed."""
    known = mode.where(KIND, is_default=True)
    if known:
        return known[0]
    features = {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True},
    }
    return mode.save(_new(mode, {"features": features}, is_default=True))


def _new(mode: Mode, params: Params, *, is_default: bool) -> Object:
    configuration = mode.fresh(
        KIND,
        active=True,
        application=None,
        business_profile=dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
        default_return_url=None,
        features=copy.deepcopy(_PLAIN),
        is_default=is_default,
        login_page={"enabled": False, "url": None},
        metadata={},
        name=None,
        updated=mode.now(),
    )
    return _set(mode, configuration, params)


def _set(mode: Mode, configuration: Object, params: Params) -> Object:
    assign(configuration, params, "active", "default_return_url", "metadata", "name")
    configuration["business_profile"] |= params.get("business_profile", {})
    for name, feature in params.get("features", {}).items():
        configuration["features"][name] |= feature
    _check_products(mode, configuration["features"]["subscription_update"])
    if "login_page" in params:
        enabled = params["login_page"]["enabled"]
        base = mode.world.urls.get("stripe", "")
        url = f"{base}/p/login/{mode.name}_{mode.world.ids.alnum(18)}" if enabled else None
        configuration["login_page"] = {"enabled": enabled, "url": url}
    return configuration


def _check_products(mode: Mode, change: Object) -> None:
    for index, entry in enumerate(change["products"]):
        path = f"features[subscription_update][products][{index}]"
        mode.require("product", entry["product"], f"{path}[product]")
        for price in entry["prices"]:
            found = mode.require("price", price, f"{path}[prices]")
            if found["product"] != entry["product"]:
                raise InvalidRequest(
                    f"The price {price} does not belong to the product {entry['product']}.",
                    param=f"{path}[prices]",
                )


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change a configuration; the default one cannot be switched off."""
    before = mode.require(KIND, name)
    if before["is_default"] and params.get("active") is False:
        raise InvalidRequest(
            "You cannot deactivate the default portal configuration.", param="active"
        )
    configuration = _set(mode, copy.deepcopy(before), params)
    configuration["updated"] = mode.now()
    mode.save(configuration)
    emit_update(mode, "billing_portal.configuration.updated", before, configuration)
    return configuration


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One configuration."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The configurations, newest first, the default one included."""
    default(mode)
    filters = {key: params.get(key) for key in ("active", "is_default")}
    return lists.page(mode, KIND, params, "/v1/billing_portal/configurations", filters)
