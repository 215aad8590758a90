"""Test clocks: frozen times in test mode. A customer made with one lives in its time, and so does
all that the customer subscribes to; `renewals` moves a clock that was told to advance.

A clock takes at most three customers, moves forward only, and by two periods of the shortest
subscription at most. Where Stripe's wording of a refusal is not known, the sentence is ours.
Source: https://docs.stripe.com/api/test_clocks and
https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage.
"""

from stackwright.sandbox.stripe import lists, periods
from stackwright.sandbox.stripe.errors import ClockAdvancing, InvalidRequest
from stackwright.sandbox.stripe.events import emit
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import (
    Integer,
    Text,
    listing,
    not_emulated,
    operation,
)

KIND = "test_helpers.test_clock"
CREATE = operation(
    frozen_time=Integer(low=0, required=True), name=Text(limit=300), **not_emulated("customer")
)
ADVANCE = operation(frozen_time=Integer(low=0, required=True))
RETRIEVE = operation()
DELETE = operation()
LIST = listing()
MOST_CUSTOMERS = 3
MOST_PERIODS = 2
MOST_YEARS = 2
SECONDS_KEPT = 30 * 24 * 3600


def create(mode: Mode, params: Params) -> Object:
    """A clock that stands still at `frozen_time`. It goes by itself after 30 days."""
    if mode.live:
        raise InvalidRequest("Test clocks can only be created in test mode.")
    clock = mode.fresh(
        KIND,
        deletes_after=mode.now() + SECONDS_KEPT,
        frozen_time=params["frozen_time"],
        name=params.get("name"),
        status="ready",
        status_details={},
    )
    mode.save(clock)
    emit(mode, "test_helpers.test_clock.created", clock)
    return clock


def joined(mode: Mode, name: str) -> Mode:
    """The time of a clock that another customer joins."""
    mode.require(KIND, name, "test_clock")
    if len(customers_on(mode, name)) >= MOST_CUSTOMERS:
        raise InvalidRequest(
            f"You can have up to {MOST_CUSTOMERS} customers on a test clock.", param="test_clock"
        )
    return mode.changing({"test_clock": name})


def customers_on(mode: Mode, name: str) -> list[Object]:
    """The customers of a clock, newest first."""
    return mode.where("customer", test_clock=name)


def subscriptions_on(mode: Mode, name: str) -> list[Object]:
    """The subscriptions of its customers, newest first."""
    return mode.where("subscription", test_clock=name)


def advance(mode: Mode, params: Params, name: str) -> Object:
    """Begin to move a clock; it is there when its status is `ready` again."""
    clock = mode.require(KIND, name)
    moment = params["frozen_time"]
    if clock["status"] == "advancing":
        raise ClockAdvancing
    if moment <= clock["frozen_time"]:
        raise InvalidRequest(
            "The test clock can only be advanced to a time after its current frozen time.",
            param="frozen_time",
        )
    if moment > _furthest(mode, clock):
        raise InvalidRequest(
            f"The test clock can be advanced by at most {MOST_PERIODS} intervals of the shortest"
            f" subscription on it, and by at most {MOST_YEARS} years without any.",
            param="frozen_time",
        )
    clock |= {
        "status": "advancing",
        "status_details": {"advancing": {"target_frozen_time": moment}},
    }
    mode.save(clock)
    emit(mode, "test_helpers.test_clock.advancing", clock)
    return clock


def _furthest(mode: Mode, clock: Object) -> int:
    """The last moment that a clock may be moved to in one step."""
    now: int = clock["frozen_time"]
    living = [s for s in subscriptions_on(mode, clock["id"]) if s["status"] != "canceled"]
    if not living:
        return periods.after(now, "year", MOST_YEARS)
    prices = [mode.require("price", one["items"]["data"][0]["price"]) for one in living]
    rhythms = [(p["recurring"]["interval"], p["recurring"]["interval_count"]) for p in prices]
    return min(periods.after(now, name, MOST_PERIODS * count) for name, count in rhythms)


def target(clock: Object) -> int:
    """Where an advancing clock goes to."""
    moment: int = clock["status_details"]["advancing"]["target_frozen_time"]
    return moment


def move(mode: Mode, clock: Object, moment: int) -> None:
    """A clock on its way has come to this moment."""
    clock["frozen_time"] = moment
    mode.save(clock)


def arrive(mode: Mode, clock: Object) -> None:
    """A clock is at its target."""
    clock |= {"frozen_time": target(clock), "status": "ready", "status_details": {}}
    mode.save(clock)
    emit(mode, "test_helpers.test_clock.ready", clock)


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One clock."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The clocks, newest first."""
    return lists.page(mode, KIND, params, "/v1/test_helpers/test_clocks")


def delete(mode: Mode, params: Params, name: str) -> Object:
    """Remove a clock with its customers and all that they have."""
    from stackwright.sandbox.stripe import customers

    clock = mode.require(KIND, name)
    if clock["status"] == "advancing":
        raise ClockAdvancing
    for customer in customers_on(mode, name):
        customers.delete(mode.at(clock["frozen_time"]), {}, customer["id"])
    emit(mode, "test_helpers.test_clock.deleted", clock)
    return mode.delete(clock)
