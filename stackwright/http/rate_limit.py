"""Waits before a request that the vendor would only refuse.

The vendor's headers rule: they say how many requests are left in a bucket and when it is full
again. Several of our processes may share one bucket, so the count is a courtesy and not a
promise; what slips through is answered with 429 and handled by the retry layer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from stackwright.clock import Clock
from stackwright.errors import RateLimited
from stackwright.http.rules import Endpoint, words

PATIENCE = 120.0
"""Seconds that we are willing to wait for a limit; above it the user is told instead."""
SAME_WINDOW = 2.0
"""Headers count in whole seconds: ends of a window closer than this are the same window."""

Notice = Callable[[str], None]
"""Where a layer says that it waits. Called rarely: only for waits of `WORTH_SAYING` and more."""
WORTH_SAYING = 5.0


def silent(_text: str) -> None:
    """A notice that nobody reads."""


def minutes(seconds: float) -> str:
    """A wait in words: `40 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@dataclass
class Bucket:
    """What is left of one limit; None: not known yet."""

    remaining: int | None = None
    full_at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next request may go."""
        if self.remaining is None or self.remaining > 0:
            return 0.0
        return max(0.0, self.full_at - now)

    def take(self) -> None:
        """Count a request that goes out now; answers correct the count."""
        if self.remaining is not None:
            self.remaining -= 1

    def learn(self, remaining: int, reset: float, now: float) -> None:
        """Believe the vendor, but not that requests still on their way are free."""
        same = self.remaining is not None and abs(now + reset - self.full_at) < SAME_WINDOW
        self.remaining = min(remaining, self.remaining or 0) if same else remaining
        self.full_at = now + reset


class RateLimit(httpx.AsyncBaseTransport):
    """One bucket for each limit of the vendor, shared by all requests of this client."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        endpoint: Endpoint,
        clock: Clock,
        notice: Notice = silent,
    ) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._clock = clock
        self._notice = notice
        self._buckets: dict[str, Bucket] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation = self._endpoint.operation(request)
        bucket = self._buckets.setdefault(self._endpoint.rules.bucket(operation), Bucket())
        await self._wait(bucket, words(operation))
        response = await self._inner.handle_async_request(request)
        self._learn(bucket, response)
        return response

    async def _wait(self, bucket: Bucket, operation: str) -> None:
        while (seconds := bucket.wait(self._clock.now())) > 0:
            if seconds > PATIENCE:
                raise self._too_long(operation, seconds)
            if seconds >= WORTH_SAYING:
                vendor = self._endpoint.rules.vendor
                self._notice(f"waiting {minutes(seconds)} for {vendor}'s rate limit")
            await self._clock.sleep(seconds)
        bucket.take()

    def _too_long(self, operation: str, seconds: float) -> RateLimited:
        return RateLimited(
            self._endpoint.rules.vendor,
            message="the limit for this operation is used up; nothing was sent",
            advice=f"Run it again in {minutes(seconds)}.",
            operation=operation,
            retry_after=seconds,
        )

    def _learn(self, bucket: Bucket, response: httpx.Response) -> None:
        names = self._endpoint.rules.rate_headers
        if names is None:
            return
        remaining = _whole(response.headers.get(names.remaining))
        reset = _whole(response.headers.get(names.reset))
        if remaining is not None and reset is not None:
            bucket.learn(remaining, reset, self._clock.now())

    async def aclose(self) -> None:
        await self._inner.aclose()


def _whole(text: str | None) -> int | None:
    """A header's count; None when it is absent or not a number."""
    return int(text) if text and text.strip().isdigit() else None
