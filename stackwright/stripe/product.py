"""A product of the Stripe catalogue.

Vendor page: https://docs.stripe.com/api/products. The id may be chosen by the caller and is then
the product's identity; it cannot be changed. A product with prices, even archived ones, cannot be
deleted, so removing one archives it (`active=false`) and the next `up` revives it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.context import Reading, Writing
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, default, doc, replaces, undiffed
from stackwright.stripe import metadata
from stackwright.values import Json


class ProductInputs(TypedDict):
    """What a product is made of."""

    product_id: Input[Annotated[str, replaces, doc("Its id, e.g. `voip_accelerator`.")]]
    name: Input[Annotated[str, doc("What customers read.")]]
    description: NotRequired[Input[Annotated[str, doc("What customers read below it.")]]]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    active: NotRequired[Input[Annotated[bool, default(True), doc("Whether it can be bought.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class ProductOutputs(TypedDict):
    """What a product tells."""

    owner: str


class ProductController(Controller):
    """Found by its id; archived instead of deleted."""

    token = "stackwright:stripe:Product"
    inputs = ProductInputs
    outputs = ProductOutputs
    vendor = "stripe"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"Stripe product {inputs['product_id']}"

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.stripe.product(state["id"])
        if found is None or not (found["active"] or state.get("active") is False):
            return None
        return Observed(_inputs(found), {"id": found["id"], "owner": metadata.owner(found)})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        found = await context.stripe.product(inputs["product_id"])
        owner = ownership.claim(
            metadata.owner(found),
            ownership.held(state),
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=f"Stripe product {inputs['product_id']}",
        )
        wanted = metadata.owned(_wanted(inputs), owner)
        if found is None:
            fields = {"id": inputs["product_id"], **metadata.given(wanted)}
            await context.stripe.create_product(fields)
        elif changed := metadata.changes(found, wanted):
            await context.stripe.update_product(found["id"], changed)
        return {"id": inputs["product_id"], "owner": owner}

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.product(state["id"])
        if found is None or not found["active"]:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(f"Stripe product {found['id']} has another owner now; it stays")
            return
        await context.stripe.update_product(found["id"], {"active": False})


def _wanted(inputs: Json) -> Json:
    return {
        "name": inputs["name"],
        "description": inputs.get("description", ""),
        "active": inputs["active"],
        "metadata": inputs.get("metadata", {}),
    }


def _inputs(found: Json) -> Json:
    fields = {key: found.get(key) for key in ("name", "description", "active")}
    return {**fields, "product_id": found["id"], "metadata": metadata.own(found)}


class Product(Resource):
    """A Stripe product.

    stripe.Product("accelerator", product_id="voip_accelerator", name="VoIP Accelerator")
    """

    name: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ProductInputs],
    ) -> None:
        super().__init__(ProductController(), resource_name, inputs, opts)
