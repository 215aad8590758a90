"""A signed event that a webhook receiver must accept, and a badly signed one that it must refuse.

Vendor page: https://docs.stripe.com/webhooks#verify-manually. The event has a type of our own that
no receiver acts upon, so nothing changes in the product; what is proven is that the signing secret
that reached the function is the one of the endpoint. Removing does nothing.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Annotated, NotRequired, Unpack

import httpx
import pulumi
from typing_extensions import TypedDict

from stackwright.context import Reading, Writing
from stackwright.probes import request
from stackwright.probes.http import Url
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, default, doc, fresh, replaces, secret, undiffed
from stackwright.values import Json

EVENT = {
    "id": "evt_stackwright_probe",
    "object": "event",
    "type": "stackwright.probe",
    "livemode": False,
    "data": {"object": {}},
}


class StripeEventInputs(TypedDict):
    """Where the receiver is, and what signs."""

    url: Input[Annotated[Url, replaces, doc("The receiver.")]]
    secret: Input[Annotated[str, secret, doc("The endpoint's signing secret.")]]
    patience: NotRequired[
        Input[Annotated[float, default(60.0), undiffed, doc("Seconds until it gives up.")]]
    ]
    revisions: NotRequired[
        Input[Annotated[Mapping[str, Input[str]], doc("Probe again when one of these changes.")]]
    ]


class StripeEventOutputs(TypedDict):
    """How long the receiver took, in seconds."""

    seconds: Annotated[float, fresh]


class StripeEventController(Controller):
    """Sends both events until the receiver tells them apart."""

    token = "stackwright:probes:StripeEvent"
    inputs = StripeEventInputs
    outputs = StripeEventOutputs

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        return Observed({}, {"id": state["id"]})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        url, patience = inputs["url"], inputs["patience"]

        def signed(key: str) -> httpx.Request:
            return event_request(url, key, int(context.clock.now()))

        private = (inputs["secret"],)
        accepted = request.Expectation(200, private=private)
        refused = request.Expectation(400, private=private)
        seconds = await request.expect(
            context, lambda: signed(inputs["secret"]), accepted, patience
        )
        await request.expect(context, lambda: signed("whsec_of_somebody_else"), refused, patience)
        return {"id": request.place(url), "seconds": seconds}

    async def remove(self, context: Writing, state: Json) -> None:
        return None


def event_request(url: str, key: str, timestamp: int) -> httpx.Request:
    """A POST as Stripe would send it, signed with `key` at `timestamp` (unix seconds)."""
    body = json.dumps({**EVENT, "created": timestamp})
    signature = hmac.new(key.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "Stripe-Signature": f"t={timestamp},v1={signature.hexdigest()}",
    }
    return httpx.Request("POST", url, headers=headers, content=body)


class StripeEvent(Resource):
    """A signed event that a webhook receiver must accept.

    probes.StripeEvent("signed", url=endpoint.url, secret=endpoint.secret)
    """

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[StripeEventInputs],
    ) -> None:
        super().__init__(StripeEventController(), resource_name, inputs, opts)
