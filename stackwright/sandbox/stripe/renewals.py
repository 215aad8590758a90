"""Lets time pass for subscriptions: trials and periods that are over are renewed or ended."""

import asyncio

from stackwright.sandbox.stripe import subscriptions
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.mode import Mode, Object
from stackwright.sandbox.world import World

_PAUSE = 3600.0
_RUNNING = ("active", "trialing")


class Renewals:
    """Renews what is due on the sandbox's clock, once an hour of it and whenever it is moved."""

    def __init__(self, world: World, deliverer: Deliverer) -> None:
        self._world = world
        self._deliverer = deliverer

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            self.renew_due()
            await self._world.clock.sleep(_PAUSE)
            await asyncio.sleep(0)

    def renew_due(self) -> int:
        """Renew every subscription whose period is over, period by period; the number of them."""
        count = 0
        for live in (False, True):
            mode = Mode(self._world, live)
            while due := [one for one in mode.all(subscriptions.KIND) if _is_due(mode, one)]:
                for subscription in due:
                    with self._world.store.transaction():
                        subscriptions.renew(mode, subscription["id"])
                count += len(due)
        if count:
            self._deliverer.wake()
        return count


def _is_due(mode: Mode, subscription: Object) -> bool:
    if subscription["status"] not in _RUNNING:
        return False
    over = subscriptions.period(subscription)[1] <= mode.now()
    return over or subscriptions.is_over(mode, subscription)
