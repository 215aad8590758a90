"""A webhook endpoint: where Stripe sends events, and with which signature.

Vendor page: https://docs.stripe.com/api/webhook_endpoints. The signing secret is told once, in the
answer to the creation: an endpoint whose secret was lost is made again. `api_version` and
`connect` cannot be changed. Stripe allows 16 endpoints an account and mode, and two with one URL:
a replacement is made before its predecessor is deleted. Until the new secret has reached the
receiver, it refuses events; Stripe sends them again. Removing deletes it.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.context import Reading, Writing
from stackwright.errors import Refused
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, doc, replaces, secret, undiffed
from stackwright.stripe import metadata
from stackwright.values import Json

Url = Annotated[str, Field(pattern="^https?://")]
Version = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$")]


class WebhookEndpointInputs(TypedDict):
    """What an endpoint is made of."""

    url: Input[Annotated[Url, doc("Where events are posted; public and https outside a sandbox.")]]
    enabled_events: Input[Annotated[Sequence[Input[str]], doc("Event types, or `*`.")]]
    api_version: Input[Annotated[Version, replaces, doc("The shape of the events.")]]
    connect: NotRequired[Input[Annotated[bool, replaces, doc("Events of connected accounts.")]]]
    description: NotRequired[Input[Annotated[str, doc("Shown in the dashboard.")]]]
    metadata: NotRequired[Input[Annotated[Mapping[str, Input[str]], doc("Your own keys.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]
    signing_secret: NotRequired[
        Input[Annotated[str, secret, undiffed, doc("Of an adopted endpoint: Stripe never tells.")]]
    ]


class WebhookEndpointOutputs(TypedDict):
    """What an endpoint tells. `secret` signs every event (`whsec_...`)."""

    secret: Annotated[str, secret]
    owner: str


class WebhookEndpointController(Controller):
    """Found by its URL and our tag; deleted for real."""

    token = "stackwright:stripe:WebhookEndpoint"
    inputs = WebhookEndpointInputs
    outputs = WebhookEndpointOutputs
    vendor = "stripe"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the Stripe webhook endpoint for {inputs['url']}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        events = inputs.get("enabled_events", ["*"])
        if not events:
            yield Problem("enabled_events", "is empty; name at least one event, or '*'")
        for position, event in enumerate(events):
            if event != "*" and event not in event_types():
                yield Problem(f"enabled_events[{position}]", _unknown_event(event))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.stripe.webhook_endpoint(state["id"])
        if found is None:
            return None
        outputs = {"id": found["id"], "owner": metadata.owner(found)}
        return Observed(_inputs(found, state), outputs | _secret(state))

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        if state is None:
            return await self._create(context, inputs)
        return await self._update(context, inputs, state)

    async def _create(self, context: Writing, inputs: Json) -> Json:
        """Make one, then remove those of ours whose secret a killed run has lost."""
        same_url = [
            e for e in await context.stripe.webhook_endpoints() if e["url"] == inputs["url"]
        ]
        ours = [e for e in same_url if metadata.is_of(e, context.stack)]
        strangers = [e for e in same_url if e not in ours]
        owner = str(context.fresh_owner())
        if strangers:
            return await self._adopt(context, inputs, strangers[0], owner)
        made = await context.stripe.create_webhook_endpoint(_creation(inputs, owner))
        outputs = {"id": made["id"], "secret": made["secret"], "owner": owner}
        context.made(outputs)
        for lost in ours:
            await context.stripe.delete_webhook_endpoint(lost["id"])
        return outputs

    async def _adopt(self, context: Writing, inputs: Json, found: Json, owner: str) -> Json:
        what = f"Stripe webhook endpoint {found['id']} for {found['url']}"
        tag, adopt = metadata.owner(found), inputs.get("adopt", False)
        ownership.admit(tag, context.stack, adopt=adopt, what=what)
        ownership.same("api_version", inputs["api_version"], found["api_version"], what)
        if "signing_secret" not in inputs:
            raise Refused(f"{what}: Stripe never tells its secret again; give signing_secret.")
        await _sync(context, found, inputs, owner)
        return {"id": found["id"], "secret": inputs["signing_secret"], "owner": owner}

    async def _update(self, context: Writing, inputs: Json, state: Json) -> Json:
        found = await context.stripe.webhook_endpoint(state["id"])
        if found is None:
            raise Refused(
                f"Stripe webhook endpoint {state['id']} is gone. Run `pulumi up --refresh`."
            )
        what = f"Stripe webhook endpoint {state['id']}"
        ownership.hold(metadata.owner(found), state.get("owner"), what)
        owner = state.get("owner") or str(context.fresh_owner())
        await _sync(context, found, inputs, owner)
        return {"id": found["id"], "owner": owner} | _secret({**inputs, **state})

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.stripe.webhook_endpoint(state["id"])
        if found is None:
            return
        if ownership.is_stale(metadata.owner(found), state.get("owner")):
            await context.log(f"Stripe webhook endpoint {found['id']} has another owner; it stays")
            return
        await context.stripe.delete_webhook_endpoint(found["id"])


def _secret(state: Json) -> Json:
    """The secret that we hold: from the creation, or given by the user after an import."""
    known = state.get("secret") or state.get("signing_secret")
    return {"secret": known} if known else {}


async def _sync(context: Writing, found: Json, inputs: Json, owner: str) -> None:
    changed = metadata.changes(found, metadata.owned(_wanted(inputs), owner))
    if changed:
        await context.stripe.update_webhook_endpoint(found["id"], changed)


def _wanted(inputs: Json) -> Json:
    return {
        "url": inputs["url"],
        "enabled_events": inputs["enabled_events"],
        "description": inputs.get("description", ""),
        "metadata": inputs.get("metadata", {}),
    }


def _creation(inputs: Json, owner: str) -> Json:
    fixed: Json = {key: inputs[key] for key in ("api_version", "connect") if key in inputs}
    return {**metadata.given(metadata.owned(_wanted(inputs), owner)), **fixed}


def _inputs(found: Json, state: Json) -> Json:
    """Stripe returns the events in an order of its own: the same set is no drift."""
    fields = {key: found.get(key) for key in ("url", "api_version", "description")}
    events, ours = found["enabled_events"], state.get("enabled_events", [])
    same = sorted(events) == sorted(ours)
    return {**fields, "enabled_events": ours if same else events, "metadata": metadata.own(found)}


@cache
def event_types() -> frozenset[str]:
    """All event types of the API version that the clients speak."""
    text = resources.files("stackwright.stripe").joinpath("event_types.txt").read_text()
    return frozenset(text.split())


def _unknown_event(event: str) -> str:
    close = difflib.get_close_matches(event, event_types(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"Stripe has no event {event!r}{hint}"


class WebhookEndpoint(Resource):
    """A Stripe webhook endpoint.

    stripe.WebhookEndpoint("events", url=url, enabled_events=["invoice.payment_failed"],
                           api_version="2024-04-10")
    """

    secret: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[WebhookEndpointInputs],
    ) -> None:
        super().__init__(WebhookEndpointController(), resource_name, inputs, opts)
