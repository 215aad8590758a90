"""Events: what happened to an object, kept as it was then, and queued for the endpoints that
listen. Rendered at the version of their creation; a delivery uses the endpoint's.

Source: https://docs.stripe.com/api/events.
"""

from stackwright.sandbox.stripe import lists, versions
from stackwright.sandbox.stripe.deliveries import queue
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Array,
    Boolean,
    Text,
    listing,
    operation,
)
from stackwright.sandbox.stripe.views import snapshot
from stackwright.sandbox.stripe.webhook_endpoints import listeners

KIND = "event"
RETRIEVE = operation()
LIST = listing(
    ("type", "types"),
    created=SPAN,
    delivery_success=Boolean(),
    type=Text(),
    types=Array(of=Text(), limit=20),
)
SECONDS_KEPT = 30 * 24 * 3600


def emit(mode: Mode, kind: str, thing: Object, changed: Object | None = None) -> Object:
    """Record that `kind` (such as `price.created`) happened to `thing`, and queue it for every
    endpoint that listens. `changed` holds the values that the changed fields had before."""
    endpoints = listeners(mode, kind)
    event = mode.fresh(
        KIND,
        api_version=versions.CURRENT,
        data={"object": snapshot(mode, thing)},
        pending_webhooks=len(endpoints),
        request={"id": mode.request_id, "idempotency_key": mode.idempotency_key},
        type=kind,
        _made=int(mode.world.clock.now()),
    )
    if changed is not None:
        event["data"]["previous_attributes"] = changed
    mode.save(event)
    for endpoint in endpoints:
        queue(mode, event, endpoint)
    return event


def emit_update(mode: Mode, kind: str, before: Object, after: Object) -> None:
    """Record a change with the former values of what changed; nothing if nothing did."""
    old, new = snapshot(mode, before), snapshot(mode, after)
    changed = {key: old.get(key) for key in new if old.get(key) != new[key]}
    if changed:
        emit(mode, kind, after, changed)


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One event."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The events of the last 30 days, newest first."""
    wanted = {params["type"]} if "type" in params else set(params.get("types", ()))
    oldest = mode.now() - SECONDS_KEPT  # in the sandbox's time, whatever a test clock shows
    things = [
        event
        for event in mode.all(KIND)
        if (event.get("_made") or event["created"]) >= oldest
        and lists.within(event["created"], params.get("created", {}))
        and (not wanted or any(_matches(event["type"], word) for word in wanted))
        and params.get("delivery_success") in (None, event["pending_webhooks"] == 0)
    ]
    return lists.cut(things, params, "/v1/events", KIND)


def _matches(kind: str, word: str) -> bool:
    """`customer.*` means every type that starts so."""
    return kind.startswith(word[:-1]) if word.endswith("*") else kind == word
