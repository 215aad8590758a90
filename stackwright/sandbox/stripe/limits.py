"""Rate limits: so many requests a second for the account and for each endpoint.

Stripe documents the rates, not how deep its buckets are; here a burst of four seconds passes.
Setting `stripe.limits`: `{"live": 100, "test": 25, "endpoint": 25}`, 0 = no limit.
Source: https://docs.stripe.com/rate-limits.
"""

from stackwright.sandbox.stripe.errors import RateLimited
from stackwright.sandbox.world import World

SETTING = "stripe.limits"
DEFAULT = {"live": 100, "test": 25, "endpoint": 25}
BURST = 4.0


class Limits:
    """Token buckets on the sandbox's clock, kept in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, mode: str, endpoint: str) -> None:
        """Count a request; raises `RateLimited` when it is one too many."""
        rates: dict[str, float] = {**DEFAULT, **self._world.setting(SETTING, {})}
        if not self._draw(f"{mode}/account", rates[mode]):
            raise RateLimited("global-rate")
        if not self._draw(f"{mode}/{endpoint}", rates["endpoint"]):
            raise RateLimited("endpoint-rate")

    def _draw(self, name: str, rate: float) -> bool:
        if rate <= 0:
            return True
        now = self._world.clock.now()
        left, since = self._buckets.get(name, (rate * BURST, now))
        left = min(rate * BURST, left + (now - since) * rate)
        self._buckets[name] = (max(0.0, left - 1), now)
        return left >= 1
