"""One mode (test or live) of the sandbox's Stripe account: where its objects are kept.

Objects are the vendor's JSON at API version `versions.CURRENT`; keys that start with an underscore
are ours and never leave. Objects of the two modes never see each other.
"""

from dataclasses import dataclass, replace
from typing import Any

from stackwright.sandbox.stripe import versions
from stackwright.sandbox.stripe.errors import ClockAdvancing, NotFound
from stackwright.sandbox.world import World

Object = dict[str, Any]
Params = dict[str, Any]

NOUNS = {
    "webhook_endpoint": "webhook endpoint",
    "promotion_code": "promotion code",
    "billing_portal.configuration": "configuration",
    "billing_portal.session": "session",
    "test_helpers.test_clock": "test clock",
}
"""How Stripe names an object in "No such ...", where it is not the `object` field."""
_LONG = {
    "price": "price_1",
    "promotion_code": "promo_1",
    "webhook_endpoint": "we_1",
    "subscription": "sub_1",
    "invoice": "in_1",
    "line_item": "il_1",
    "item": "li_1",
    "event": "evt_1",
    "payment_method": "pm_1",
    "billing_portal.configuration": "bpc_1",
    "billing_portal.session": "bps_1",
    "test_helpers.test_clock": "clock_1",
}
_SHORT = {"product": "prod_", "customer": "cus_", "subscription_item": "si_", "request": "req_"}


@dataclass
class Mode:
    """The account's objects of one mode, as one request (or the sandbox itself) sees them.

    `version`: the API version that answers are rendered in. `request_id` and `idempotency_key`
    are those of the request, and go into the events that it causes. `moment`: the time, where it
    is not the sandbox's own: that of a test clock, or of a step that was due earlier.
    """

    world: World
    live: bool
    version: str = versions.CURRENT
    request_id: str | None = None
    idempotency_key: str | None = None
    moment: int | None = None

    @property
    def name(self) -> str:
        """`live` or `test`."""
        return "live" if self.live else "test"

    def now(self) -> int:
        """The time in whole seconds, as Stripe gives it."""
        return self.moment if self.moment is not None else int(self.world.clock.now())

    def at(self, moment: int) -> "Mode":
        """The mode at this time."""
        return replace(self, moment=moment)

    def changing(self, thing: Object) -> "Mode":
        """The mode in the time of the test clock that the object is on, for a change of it.

        Raises `ClockAdvancing` while that clock moves; without a clock it is the mode as it is.
        """
        if self.moment is not None or not thing["test_clock"]:
            return self
        clock = self.require("test_helpers.test_clock", thing["test_clock"])
        if clock["status"] == "advancing":
            raise ClockAdvancing
        return self.at(clock["frozen_time"])

    def new_id(self, kind: str) -> str:
        """A fresh id in Stripe's form for an object of this kind."""
        if kind in _SHORT:
            return _SHORT[kind] + self.world.ids.alnum(14)
        return _LONG[kind] + self.world.ids.alnum(23)

    def fresh(self, kind: str, **fields: Any) -> Object:
        """A new object that is not saved yet; `id` may be among the fields."""
        head = {"id": fields.pop("id", None) or self.new_id(kind), "object": kind}
        return {**head, "created": self.now(), "livemode": self.live, **fields}

    def find(self, kind: str, name: str) -> Object | None:
        """The object, or None."""
        return self.world.store.get(f"stripe.{kind}", self._key(name))

    def require(self, kind: str, name: str, param: str | None = None) -> Object:
        """The object; `NotFound` as Stripe words it, 400 when a parameter named it."""
        found = self.find(kind, name)
        if found is None:
            raise NotFound(
                NOUNS.get(kind, kind),
                name,
                param=param or "id",
                referenced=param is not None,
                mode=self._elsewhere(kind, name),
            )
        return found

    def save(self, thing: Object) -> Object:
        """Keep an object as it is now."""
        self.world.store.put(f"stripe.{thing['object']}", self._key(thing["id"]), thing)
        return thing

    def delete(self, thing: Object) -> Object:
        """Remove an object and give Stripe's answer to that."""
        self.world.store.delete(f"stripe.{thing['object']}", self._key(thing["id"]))
        return {"id": thing["id"], "object": thing["object"], "deleted": True}

    def all(self, kind: str) -> list[Object]:
        """Every object of a kind in this mode, newest first."""
        found = self.world.store.find(f"stripe.{kind}", livemode=self.live)
        return found[::-1]

    def where(self, kind: str, /, **fields: Any) -> list[Object]:
        """The objects whose top-level fields equal the given ones, newest first."""
        return [
            thing
            for thing in self.all(kind)
            if all(thing.get(name) == value for name, value in fields.items())
        ]

    def _key(self, name: str) -> str:
        return f"{self.name}/{name}"

    def _elsewhere(self, kind: str, name: str) -> str:
        """The other mode's name if the object is there."""
        other = "test" if self.live else "live"
        return other if self.world.store.get(f"stripe.{kind}", f"{other}/{name}") else ""


def merge_metadata(thing: Object, sent: Params | None) -> None:
    """Stripe's merge: an absent key stays, an empty value removes its key, None removes all."""
    if sent is None:
        thing["metadata"] = {}
        return
    merged = {**thing.get("metadata", {}), **sent}
    thing["metadata"] = {key: value for key, value in merged.items() if value != ""}


def assign(thing: Object, params: Params, *names: str) -> None:
    """Copy the parameters that were sent onto the object; `metadata` merges."""
    for name in names:
        if name == "metadata" and name in params:
            merge_metadata(thing, params[name])
        elif name in params:
            thing[name] = params[name]
