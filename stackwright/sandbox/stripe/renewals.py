"""Lets time pass for subscriptions: on the sandbox's clock, and on the test clocks that advance."""

import asyncio

from stackwright.sandbox.clock import woken
from stackwright.sandbox.stripe import clocks, subscriptions, timeline
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.mode import Mode, Object
from stackwright.sandbox.world import World

_PAUSE = 3600.0


class Renewals:
    """Takes what is due: once an hour of the sandbox's clock, when that is moved, and on `wake`."""

    def __init__(self, world: World, deliverer: Deliverer) -> None:
        self._world = world
        self._deliverer = deliverer
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Say that something may be due."""
        self._work.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._work.clear()
            self.take_due()
            await woken(self._work, self._world.clock, _PAUSE)

    def take_due(self) -> int:
        """Take every step that is due, the earliest first; the number of them."""
        count = sum(self._pass_time(Mode(self._world, live)) for live in (False, True))
        mode = Mode(self._world, live=False)
        for clock in mode.all(clocks.KIND):
            count += self._advance(mode, clock) + self._clear(mode, clock)
        if count:
            self._deliverer.wake()
        return count

    def _pass_time(self, mode: Mode) -> int:
        """Whoever is on no test clock lives on the sandbox's."""
        count = 0
        while step := timeline.due(mode, mode.where(subscriptions.KIND, test_clock=None)):
            with self._world.store.transaction():
                step.take(mode.at(step.moment), step.subscription)
            count += 1
        return count

    def _advance(self, mode: Mode, clock: Object) -> int:
        """Bring a clock to its target, if it has one; a killed sandbox goes on where it was."""
        if clock["status"] != "advancing":
            return 0
        count, until = 1, mode.at(clocks.target(clock))
        while step := timeline.due(until, clocks.subscriptions_on(mode, clock["id"])):
            moment = max(step.moment, clock["frozen_time"])
            with self._world.store.transaction():
                clocks.move(mode, clock, moment)
                step.take(mode.at(moment), step.subscription)
            count += 1
        with self._world.store.transaction():
            clocks.arrive(mode, clock)
        return count

    def _clear(self, mode: Mode, clock: Object) -> int:
        """Remove a clock that has had its 30 days."""
        if clock["deletes_after"] > mode.now():
            return 0
        with self._world.store.transaction():
            clocks.delete(mode, {}, clock["id"])
        return 1
