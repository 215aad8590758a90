"""A price of a Stripe product.

Vendor page: https://docs.stripe.com/api/prices. Amount, currency, interval and product of a price
never change: a change makes a new price, which takes the lookup key over, and the old one is
archived (there is no deletion). Running subscriptions keep the old one. A lookup key is unique
among all prices, archived ones too, so it is the identity by which a lost price is found again.
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
from stackwright.schema import Input, Problem, default, doc, nested, replaces, undiffed
from stackwright.stripe import metadata
from stackwright.values import Json

Interval = Literal["day", "week", "month", "year"]


@nested
class Recurring(TypedDict):
    """How often a subscription is billed."""

    interval: Interval
    interval_count: NotRequired[int]


Currency = Annotated[str, Field(pattern="^[a-z]{3}$")]


class PriceInputs(TypedDict):
    """What a price is made of."""

    product: Input[Annotated[str, replaces, doc("The product's id.")]]
    currency: Input[Annotated[Currency, replaces, doc("Three lower-case letters.")]]
    unit_amount: Input[Annotated[int, replaces, doc("Minor units: 9900 is 99.00 USD.")]]
    recurring: NotRequired[Input[Annotated[Recurring, replaces, doc("Leave out: paid once.")]]]
    lookup_key: Input[Annotated[str, doc("A name of your own that survives replacement.")]]
    nickname: NotRequired[Input[Annotated[str, doc("Shown in the dashboard only.")]]]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    active: NotRequired[Input[Annotated[bool, default(True), doc("Whether it can be bought.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class PriceOutputs(TypedDict):
    """What a price tells."""

    owner: str


class PriceController(Controller):
    """Found by its lookup key; archived instead of deleted."""

    token = "stackwright:stripe:Price"
    inputs = PriceInputs
    outputs = PriceOutputs
    vendor = "stripe"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the Stripe price with lookup key {inputs['lookup_key']}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        if inputs.get("unit_amount", 0) < 0:
            yield Problem("unit_amount", "must not be negative")

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.stripe.price(state["id"])
        if found is None or not (found["active"] or state.get("active") is False):
            return None
        return Observed(_inputs(found), {"id": found["id"], "owner": metadata.owner(found)})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        found = await _find(context, inputs, state)
        owner = ownership.claim(
            metadata.owner(found),
            ownership.held(state),
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=f"the Stripe price with lookup key {inputs['lookup_key']}",
        )
        wanted = metadata.owned(_wanted(inputs), owner)
        if found is None or _terms(_inputs(found)) != _terms(inputs):
            found = await context.stripe.create_price(_creation(inputs, wanted))
        elif changed := metadata.changes(found, wanted):
            await context.stripe.update_price(found["id"], _taking_key(changed))
        return {"id": found["id"], "owner": owner}

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.price(state["id"])
        if found is None or not found["active"]:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(f"Stripe price {found['id']} has another owner now; it stays")
            return
        await context.stripe.update_price(found["id"], {"active": False})


async def _find(context: Writing, inputs: Json, state: Json | None) -> Json | None:
    """By id when there is one, else whoever holds the lookup key."""
    if state is None:
        key = inputs["lookup_key"]
        return (await context.stripe.prices_by_lookup_key([key])).get(key)
    found = await context.stripe.price(state["id"])
    if found is None:
        raise Refused(f"Stripe price {state['id']} is gone. Run `pulumi up --refresh`.")
    return found


def _terms(inputs: Json) -> Json:
    """What cannot be changed in place."""
    recurring = inputs.get("recurring")
    rhythm = recurring and (recurring["interval"], recurring.get("interval_count", 1))
    return {key: inputs[key] for key in ("product", "currency", "unit_amount")} | {"r": rhythm}


def _wanted(inputs: Json) -> Json:
    return {
        "lookup_key": inputs["lookup_key"],
        "nickname": inputs.get("nickname", ""),
        "active": inputs["active"],
        "metadata": inputs.get("metadata", {}),
    }


def _creation(inputs: Json, wanted: Json) -> Json:
    terms = {key: inputs[key] for key in ("product", "currency", "unit_amount")}
    if "recurring" in inputs:
        terms["recurring"] = inputs["recurring"]
    return {**terms, **metadata.given(wanted), "transfer_lookup_key": True}


def _taking_key(changed: Json) -> Json:
    """A lookup key that another of our prices holds moves to this one."""
    return {**changed, "transfer_lookup_key": True} if "lookup_key" in changed else changed


def _inputs(found: Json) -> Json:
    fields = ("product", "currency", "unit_amount", "lookup_key", "nickname", "active")
    known = {key: found.get(key) for key in fields}
    if found.get("recurring"):
        known["recurring"] = {
            key: found["recurring"][key]
            for key in ("interval", "interval_count")
            if found["recurring"].get(key) not in (None, 1)
        }
    return {**known, "metadata": metadata.own(found)}


class Price(Resource):
    """A Stripe price.

    stripe.Price("monthly", product=product.id, currency="usd", unit_amount=9900,
                 recurring={"interval": "month"}, lookup_key="accelerator_monthly")
    """

    lookup_key: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[PriceInputs],
    ) -> None:
        super().__init__(PriceController(), resource_name, inputs, opts)
