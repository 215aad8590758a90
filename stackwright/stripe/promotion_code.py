"""A promotion code: what customers type to get a coupon.

Vendor page: https://docs.stripe.com/api/promotion_codes. A code is unique, whatever its case, among
the active ones of an account and mode. There is no deletion: removing one deactivates it, and the
next `up` revives it. Only `active` and metadata can be changed; other terms are a new object.
A code whose coupon was deleted can never be used again, not even when a new coupon has that id.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Unpack

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

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,500}$")]
TERMS = ("coupon", "max_redemptions", "expires_at", "restrictions")
RESTRICTIONS = ("first_time_transaction", "minimum_amount", "minimum_amount_currency")


@nested
class Restrictions(TypedDict):
    """Who may use a code, and for how much: the amount in minor units of the currency."""

    first_time_transaction: NotRequired[bool]
    minimum_amount: NotRequired[int]
    minimum_amount_currency: NotRequired[str]


class PromotionCodeInputs(TypedDict):
    """What a promotion code is made of."""

    code: Input[Annotated[Code, replaces, doc("What customers type; case does not matter.")]]
    coupon: Input[Annotated[str, replaces, doc("The coupon's id.")]]
    max_redemptions: NotRequired[
        Input[Annotated[int, replaces, doc("By all customers together. Leave out: no limit.")]]
    ]
    expires_at: NotRequired[Input[Annotated[int, replaces, doc("Its end, in Unix seconds.")]]]
    restrictions: NotRequired[
        Input[Annotated[Restrictions, replaces, doc("First purchase only; a minimum amount.")]]
    ]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    active: NotRequired[Input[Annotated[bool, default(True), doc("Whether it can be used.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class PromotionCodeOutputs(TypedDict):
    """What a promotion code tells."""

    owner: str


class PromotionCodeController(Controller):
    """Found by its code among the active ones, then among our inactive ones."""

    token = "stackwright:stripe:PromotionCode"
    inputs = PromotionCodeInputs
    outputs = PromotionCodeOutputs
    vendor = "stripe"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"Stripe promotion code {inputs['code'].upper()}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        if inputs.get("max_redemptions", 1) < 1:
            yield Problem("max_redemptions", "must be at least 1")
        limits = inputs.get("restrictions", {})
        if ("minimum_amount" in limits) != ("minimum_amount_currency" in limits):
            yield Problem("restrictions", "minimum_amount goes with minimum_amount_currency")

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        """A code that is used up is inactive by itself; that is no drift."""
        found = await context.stripe.promotion_code(state["id"])
        if found is None:
            return None
        spent = _is_spent(found, context.clock.now())
        if not (found["active"] or spent or state.get("active") is False):
            return None
        inputs = _inputs(found)
        if spent:
            inputs["active"] = state.get("active", True)
        return Observed(inputs, {"id": found["id"], "owner": metadata.owner(found)})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        if state is not None:
            return await self._update(context, inputs, state)
        found = await _find(context, inputs)
        owner = ownership.claim(
            metadata.owner(found),
            None,
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=_name(inputs),
        )
        if found is not None and not await _is_as_wanted(context, found, inputs):
            await _free_the_code(context, found, inputs)
            found = None
        return {"id": await _write(context, found, inputs, owner), "owner": owner}

    async def _update(self, context: Writing, inputs: Json, state: Json) -> Json:
        found = await context.stripe.promotion_code(state["id"])
        if found is None:
            raise Refused(f"{_name(inputs)} is gone. Run `pulumi up --refresh`.")
        tag, held = metadata.owner(found), ownership.held(state)
        owner = ownership.claim(tag, held, context.stack, exists=True, what=_name(inputs))
        return {"id": await _write(context, found, inputs, owner), "owner": owner}

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.promotion_code(state["id"])
        if found is None or not found["active"]:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(f"Stripe promotion code {found['code']} has another owner; it stays")
            return
        await context.stripe.update_promotion_code(found["id"], {"active": False})


async def _find(context: Writing, inputs: Json) -> Json | None:
    """The active holder of the code, else the newest of ours that could be revived."""
    same_code = await context.stripe.promotion_codes(code=inputs["code"])
    for found in same_code:
        if found["active"]:
            return found
    ours = [found for found in same_code if metadata.is_of(found, context.stack)]
    for found in sorted(ours, key=lambda code: -code["created"]):
        if await _is_as_wanted(context, found, inputs):
            return found
    return None


async def _is_as_wanted(context: Writing, found: Json, inputs: Json) -> bool:
    """Whether its terms are ours, and its coupon is the one that has this id today."""
    if _terms(_inputs(found)) != _terms(inputs) or found["code"] != inputs["code"]:
        return False
    coupon = await context.stripe.coupon(inputs["coupon"])
    return coupon is not None and bool(found["created"] >= coupon["created"])


async def _free_the_code(context: Writing, found: Json, inputs: Json) -> None:
    """For an object with other terms; a stranger's is never deactivated."""
    if not metadata.is_of(found, context.stack):
        raise Refused(
            f"{_name(inputs)} exists already as {found['id']} with other terms, which cannot be "
            "changed in place. Choose another code, or deactivate that one first."
        )
    if found["active"]:
        await context.stripe.update_promotion_code(found["id"], {"active": False})


async def _write(context: Writing, found: Json | None, inputs: Json, owner: str) -> str:
    """Create it, or send what differs; answers the id."""
    wanted = metadata.owned(_wanted(inputs), owner)
    if found is None:
        found = await context.stripe.create_promotion_code({**_creation(inputs), **wanted})
    elif changed := metadata.changes(found, wanted):
        if _is_spent(found, context.clock.now()):
            changed.pop("active", None)
        await context.stripe.update_promotion_code(found["id"], changed)
    return str(found["id"])


def _is_spent(found: Json, now: float) -> bool:
    """Whether Stripe lets nobody use it any more: redeemed often enough, or past its end."""
    most, end = found.get("max_redemptions"), found.get("expires_at")
    return bool((most and found["times_redeemed"] >= most) or (end and end <= now))


def _name(inputs: Json) -> str:
    return f"Stripe promotion code {inputs['code']}"


def _terms(inputs: Json) -> Json:
    """What cannot be changed in place."""
    return {name: inputs.get(name) or None for name in TERMS} | {
        "restrictions": {
            key: value for key, value in inputs.get("restrictions", {}).items() if value
        }
    }


def _wanted(inputs: Json) -> Json:
    return {"active": inputs["active"], "metadata": inputs.get("metadata", {})}


def _creation(inputs: Json) -> Json:
    terms = {name: inputs[name] for name in TERMS if name in inputs and name != "coupon"}
    promotion = {"type": "coupon", "coupon": inputs["coupon"]}
    return {"code": inputs["code"], "promotion": promotion, **terms}


def _inputs(found: Json) -> Json:
    promotion = found["promotion"]["coupon"]
    known = {name: found[name] for name in ("code", "active")} | {"coupon": _id(promotion)}
    for name in ("max_redemptions", "expires_at"):
        if found.get(name) is not None:
            known[name] = found[name]
    limits = found.get("restrictions") or {}
    if chosen := {name: limits[name] for name in RESTRICTIONS if limits.get(name)}:
        known["restrictions"] = chosen
    return {**known, "metadata": metadata.own(found)}


def _id(reference: Any) -> str:
    """Of an object that Stripe may have sent whole."""
    return str(reference["id"] if isinstance(reference, Mapping) else reference)


class PromotionCode(Resource):
    """A Stripe promotion code.

    stripe.PromotionCode("spring", code="SPRING", coupon=coupon.id)
    """

    code: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[PromotionCodeInputs],
    ) -> None:
        super().__init__(PromotionCodeController(), resource_name, inputs, opts)
