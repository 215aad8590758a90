"""A configuration of the customer portal: what customers may see and change there by themselves.

Vendor page: https://docs.stripe.com/api/customer_portal/configurations. Nothing of it is immutable.
There is no deletion: removing deactivates it, and the next `up` makes it active again. Names are
not unique at Stripe; here the name is the identity by which a lost one is found. The account's
default configuration cannot be deactivated: it stays as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.context import Reading, Writing
from stackwright.errors import Refused
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, doc, nested, undiffed
from stackwright.stripe import metadata
from stackwright.values import Json

CustomerField = Literal["address", "email", "name", "phone", "shipping", "tax_id"]
Proration = Literal["always_invoice", "create_prorations", "none"]
Reason = Literal[
    "customer_service", "low_quality", "missing_features", "other", "switched_service",
    "too_complex", "too_expensive", "unused",
]  # fmt: skip
Change = Literal["price", "promotion_code", "quantity"]
Url = Annotated[str, Field(pattern="^https?://")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Headline = Annotated[str, Field(max_length=60)]


@nested
class Switch(TypedDict):
    """On or off."""

    enabled: bool


@nested
class CustomerUpdate(TypedDict):
    """Customers change what is known of them."""

    enabled: bool
    allowed_updates: NotRequired[list[CustomerField]]


@nested
class CancellationReason(TypedDict):
    """Customers are asked why."""

    enabled: bool
    options: NotRequired[list[Reason]]


@nested
class SubscriptionCancel(TypedDict):
    """Customers cancel."""

    enabled: bool
    mode: NotRequired[Literal["at_period_end", "immediately"]]
    proration_behavior: NotRequired[Proration]
    cancellation_reason: NotRequired[CancellationReason]


@nested
class Offer(TypedDict):
    """A product, and those of its prices that customers may change to."""

    product: str
    prices: list[str]


@nested
class SubscriptionUpdate(TypedDict):
    """Customers change to another price, quantity or code."""

    enabled: bool
    default_allowed_updates: NotRequired[list[Change]]
    products: NotRequired[list[Offer]]
    proration_behavior: NotRequired[Proration]


@nested
class Features(TypedDict):
    """What the portal lets customers do; what is left out is off."""

    customer_update: NotRequired[CustomerUpdate]
    invoice_history: NotRequired[Switch]
    payment_method_update: NotRequired[Switch]
    subscription_cancel: NotRequired[SubscriptionCancel]
    subscription_update: NotRequired[SubscriptionUpdate]


@nested
class BusinessProfile(TypedDict):
    """What the portal says about the business."""

    headline: NotRequired[Headline]
    privacy_policy_url: NotRequired[Url]
    terms_of_service_url: NotRequired[Url]


class PortalConfigurationInputs(TypedDict):
    """What a configuration is made of."""

    name: Input[Annotated[Name, doc("A name of your own, once a stack. Customers never see it.")]]
    features: Input[Annotated[Features, doc("What is left out is off.")]]
    business_profile: NotRequired[Input[Annotated[BusinessProfile, doc("Headline and links.")]]]
    default_return_url: NotRequired[
        Input[Annotated[Url, doc("Where a session goes back to that names no other address.")]]
    ]
    login_page: NotRequired[
        Input[Annotated[Switch, doc("A page where customers log in. Off: its address is lost.")]]
    ]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class PortalConfigurationOutputs(TypedDict):
    """What a configuration tells."""

    owner: str


PLAIN: dict[str, Json] = {
    "customer_update": {"allowed_updates": []},
    "invoice_history": {},
    "payment_method_update": {},
    "subscription_cancel": {
        "mode": "at_period_end",
        "proration_behavior": "none",
        "cancellation_reason": {"enabled": False, "options": []},
    },
    "subscription_update": {
        "default_allowed_updates": [],
        "products": [],
        "proration_behavior": "none",
    },
}
"""What an enabled feature is at Stripe when it says nothing else."""
PROFILE = ("headline", "privacy_policy_url", "terms_of_service_url")


class PortalConfigurationController(Controller):
    """Found by its name; deactivated instead of deleted."""

    token = "stackwright:stripe:PortalConfiguration"
    inputs = PortalConfigurationInputs
    outputs = PortalConfigurationOutputs
    vendor = "stripe"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return _what(inputs)

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        features = inputs.get("features", {})
        for name, keys in _NEEDED.items():
            feature = features.get(name, {})
            for key in keys if feature.get("enabled") else ():
                if not feature.get(key):
                    yield Problem(f"features.{name}.{key}", "is needed when this is enabled")
        reason = features.get("subscription_cancel", {}).get("cancellation_reason", {})
        if reason.get("enabled") and not reason.get("options"):
            path = "features.subscription_cancel.cancellation_reason.options"
            yield Problem(path, "is needed when this is enabled")

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.stripe.portal_configuration(state["id"])
        if found is None or not found["active"]:
            return None
        outputs = {"id": found["id"], "owner": metadata.owner(found)}
        return Observed(_inputs(found, state), outputs)

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        if state is None:
            found = await _find(context, inputs)
        elif (found := await context.stripe.portal_configuration(state["id"])) is None:
            raise Refused(f"{_what(inputs)} is gone. Run `pulumi up --refresh`.")
        owner = ownership.claim(
            metadata.owner(found),
            ownership.held(state),
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=_what(inputs),
        )
        return {"id": await _write(context, found, inputs, owner), "owner": owner}

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.portal_configuration(state["id"])
        if found is None or not found["active"]:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(
                f"Stripe portal configuration {found['id']} has another owner; it stays"
            )
        elif found["is_default"]:
            await context.log(
                f"Stripe portal configuration {found['id']} is the account's default, which cannot "
                "be deactivated; it stays as it is"
            )
        else:
            await context.stripe.update_portal_configuration(found["id"], {"active": False})


_NEEDED = {
    "customer_update": ("allowed_updates",),
    "subscription_update": ("default_allowed_updates", "products"),
}


def _what(inputs: Mapping[str, Any]) -> str:
    return f"Stripe portal configuration {inputs['name']!r}"


async def _find(context: Writing, inputs: Json) -> Json | None:
    """Ours of that name, else an active one of somebody else, which must not be doubled."""
    known = await context.stripe.portal_configurations()
    named = [found for found in known if found.get("name") == inputs["name"]]
    ours = [found for found in named if metadata.is_of(found, context.stack)]
    others = [found for found in named if found["active"]]
    return next(iter(sorted(ours, key=lambda found: not found["active"]) + others), None)


async def _write(context: Writing, found: Json | None, inputs: Json, owner: str) -> str:
    """Create it, or send what differs; answers the id."""
    wanted = metadata.owned(_whole(inputs), owner)
    if found is None:
        made = await context.stripe.create_portal_configuration(_creation(wanted))
        return str(made["id"])
    held = {**_whole(found), "active": found["active"], "metadata": found["metadata"]}
    if _ordered(held["features"]) == _ordered(wanted["features"]):
        wanted["features"] = held["features"]
    if changed := metadata.changes(held, {**wanted, "active": True}):
        await context.stripe.update_portal_configuration(found["id"], changed)
    return str(found["id"])


def _creation(wanted: Json) -> Json:
    """On creation there is nothing to unset."""
    profile = metadata.given(wanted["business_profile"])
    return metadata.given({**wanted, "business_profile": profile})


def _whole(source: Json) -> Json:
    """Inputs, or an object of Stripe's, with everything named that either may leave out."""
    profile = source.get("business_profile") or {}
    features = source.get("features") or {}
    return {
        "name": source.get("name") or "",
        "features": {name: _feature(name, features.get(name) or {}) for name in PLAIN},
        "business_profile": {name: profile.get(name) or "" for name in PROFILE},
        "default_return_url": source.get("default_return_url") or "",
        "login_page": {"enabled": bool((source.get("login_page") or {}).get("enabled"))},
        "metadata": source.get("metadata") or {},
    }


def _feature(name: str, feature: Json) -> Json:
    """A disabled feature has no further settings that count."""
    if not feature.get("enabled"):
        return {"enabled": False}
    told = {key: feature[key] for key in PLAIN[name] if feature.get(key) is not None}
    return {"enabled": True, **PLAIN[name], **{key: _setting(v) for key, v in told.items()}}


def _setting(value: Any) -> Any:
    """A word; whether customers are asked for a reason; a list of words or of products."""
    if isinstance(value, Mapping):
        options = value.get("options") if value["enabled"] else None
        return {"enabled": bool(value["enabled"]), "options": options or []}
    if isinstance(value, str):
        return value
    return [
        {"product": entry["product"], "prices": entry["prices"]}
        if isinstance(entry, Mapping)
        else entry
        for entry in value
    ]


def _ordered(value: Any) -> Any:
    """The same for lists that differ in their order only, which Stripe does not promise."""
    if isinstance(value, Mapping):
        return {key: _ordered(child) for key, child in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(entry) for entry in value), key=str)
    return value


def _inputs(found: Json, state: Json) -> Json:
    """What Stripe holds, in the program's own words wherever those mean the same."""
    held, told, short = _whole(found), _whole(state), _short(found)
    same = [name for name in short if _ordered(held[name]) == _ordered(told[name])]
    kept = {name: state[name] for name in same if name in state}
    seen = {name: value for name, value in short.items() if name == "features" or value}
    return {**seen, **kept, "name": held["name"], "metadata": metadata.own(found)}


def _short(found: Json) -> Json:
    """An object of Stripe's as a program would declare it, without what goes without saying."""
    held = _whole(found)
    features = {
        name: {"enabled": True}
        | {key: feature[key] for key, plain in PLAIN[name].items() if feature[key] != plain}
        for name, feature in held["features"].items()
        if feature["enabled"]
    }
    return {
        "features": features,
        "business_profile": metadata.given(held["business_profile"]),
        "default_return_url": held["default_return_url"],
        "login_page": held["login_page"] if held["login_page"]["enabled"] else {},
    }


class PortalConfiguration(Resource):
    """A configuration of Stripe's customer portal.

    stripe.PortalConfiguration("portal", name="shop", features={
        "invoice_history": {"enabled": True}, "subscription_cancel": {"enabled": True}})
    """

    owner: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[PortalConfigurationInputs],
    ) -> None:
        super().__init__(PortalConfigurationController(), resource_name, inputs, opts)
