"""A coupon: what a discount takes off, how often, and on what.

Vendor page: https://docs.stripe.com/api/coupons. The id is chosen by the caller and is the coupon's
identity. Its terms never change: other terms are a new coupon, and since one id can have only one,
the old one is deleted first. Deletion is real; discounts that customers have already stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.context import Reading, Writing
from stackwright.errors import Refused
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, default, doc, replaces, undiffed
from stackwright.stripe import metadata
from stackwright.values import Json

Duration = Literal["once", "repeating", "forever"]
CouponId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
Currency = Annotated[str, Field(pattern="^[a-z]{3}$")]
Name = Annotated[str, Field(max_length=40)]
TERMS = (
    "percent_off",
    "amount_off",
    "currency",
    "duration",
    "duration_in_months",
    "max_redemptions",
    "redeem_by",
    "products",
)


class CouponInputs(TypedDict):
    """What a coupon is made of."""

    coupon_id: Input[Annotated[CouponId, replaces, doc("Its id, e.g. `spring_sale`.")]]
    percent_off: NotRequired[Input[Annotated[float, replaces, doc("Above 0, up to 100.")]]]
    amount_off: NotRequired[Input[Annotated[int, replaces, doc("Minor units: 100 is 1.00 USD.")]]]
    currency: NotRequired[Input[Annotated[Currency, replaces, doc("Of `amount_off`.")]]]
    duration: NotRequired[
        Input[Annotated[Duration, default("once"), replaces, doc("On how many invoices.")]]
    ]
    duration_in_months: NotRequired[
        Input[Annotated[int, replaces, doc("Of a `repeating` coupon.")]]
    ]
    max_redemptions: NotRequired[
        Input[Annotated[int, replaces, doc("By all customers together. Leave out: no limit.")]]
    ]
    redeem_by: NotRequired[Input[Annotated[int, replaces, doc("Last moment, in Unix seconds.")]]]
    products: NotRequired[
        Input[Annotated[Sequence[Input[str]], replaces, doc("Only on these. Leave out: on all.")]]
    ]
    name: NotRequired[Input[Annotated[Name, doc("What customers read.")]]]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class CouponOutputs(TypedDict):
    """What a coupon tells."""

    owner: str


class CouponController(Controller):
    """Found by its id; deleted for real."""

    token = "stackwright:stripe:Coupon"
    inputs = CouponInputs
    outputs = CouponOutputs
    vendor = "stripe"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"Stripe coupon {inputs['coupon_id']}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        if ("percent_off" in inputs) == ("amount_off" in inputs):
            yield Problem("percent_off", "give either percent_off or amount_off")
        if ("amount_off" in inputs) != ("currency" in inputs):
            yield Problem("currency", "goes with amount_off, and amount_off with it")
        if (inputs.get("duration") == "repeating") != ("duration_in_months" in inputs):
            yield Problem("duration_in_months", "goes with duration='repeating', and it with that")
        yield from _out_of_bounds(inputs)

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.stripe.coupon(state["id"])
        if found is None:
            return None
        return Observed(_inputs(found), {"id": found["id"], "owner": metadata.owner(found)})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        found, what = await context.stripe.coupon(inputs["coupon_id"]), _name(inputs)
        if found is None and state is not None:
            raise Refused(f"{what} is gone. Run `pulumi up --refresh`.")
        tag, held = metadata.owner(found), ownership.held(state)
        owner = ownership.claim(
            tag,
            held,
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=what,
        )
        if found is not None and _terms(_inputs(found)) != _terms(inputs):
            await _make_room(context, found, inputs)
            found = None
        await _write(context, found, inputs, owner)
        return {"id": inputs["coupon_id"], "owner": owner}

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.coupon(state["id"])
        if found is None:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(f"Stripe coupon {found['id']} has another owner now; it stays")
            return
        await context.stripe.delete_coupon(found["id"])


async def _make_room(context: Writing, found: Json, inputs: Json) -> None:
    """Make room for a coupon with other terms; a stranger's is never deleted."""
    if not metadata.is_of(found, context.stack):
        old, new = _terms(_inputs(found)), _terms(inputs)
        field = next(name for name in TERMS if old[name] != new[name])
        ownership.same(field, new[field], old[field], _name(inputs))
    await context.stripe.delete_coupon(found["id"])


async def _write(context: Writing, found: Json | None, inputs: Json, owner: str) -> None:
    wanted = metadata.owned(_wanted(inputs), owner)
    if found is None:
        await context.stripe.create_coupon({**_creation(inputs), **metadata.given(wanted)})
    elif changed := metadata.changes(found, wanted):
        await context.stripe.update_coupon(found["id"], changed)


def _out_of_bounds(inputs: Mapping[str, Any]) -> Iterable[Problem]:
    if not 0 < inputs.get("percent_off", 100) <= 100:
        yield Problem("percent_off", "must be above 0 and at most 100")
    for name in ("amount_off", "duration_in_months", "max_redemptions"):
        if inputs.get(name, 1) < 1:
            yield Problem(name, "must be at least 1")
    if inputs.get("products", ["any"]) == []:
        yield Problem("products", "is empty; name a product, or leave it out for all")


def _name(inputs: Json) -> str:
    return f"Stripe coupon {inputs['coupon_id']}"


def _terms(inputs: Json) -> Json:
    """What cannot be changed in place."""
    terms = {name: inputs.get(name) for name in TERMS}
    return terms | {"products": sorted(inputs.get("products") or [])}


def _wanted(inputs: Json) -> Json:
    return {"name": inputs.get("name", ""), "metadata": inputs.get("metadata", {})}


def _creation(inputs: Json) -> Json:
    terms = {name: inputs[name] for name in TERMS if name in inputs and name != "products"}
    if "products" in inputs:
        terms["applies_to"] = {"products": inputs["products"]}
    return {"id": inputs["coupon_id"], **terms}


def _inputs(found: Json) -> Json:
    known = {name: found.get(name) for name in (*TERMS, "name") if found.get(name) is not None}
    if products := (found.get("applies_to") or {}).get("products"):
        known["products"] = products
    return {**known, "coupon_id": found["id"], "metadata": metadata.own(found)}


class Coupon(Resource):
    """A Stripe coupon.

    stripe.Coupon("spring", coupon_id="spring_sale", percent_off=20, name="Spring sale")
    """

    owner: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[CouponInputs],
    ) -> None:
        super().__init__(CouponController(), resource_name, inputs, opts)
