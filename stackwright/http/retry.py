"""Tries again where that is safe and of use, and nowhere else.

- Never reached the vendor, or 429: the vendor did nothing; every request may go again.
- The answer was lost, or 5xx: nobody knows what was done. Reads and writes that may be repeated
  go again; any other write raises `Ambiguous`, and its caller looks before it tries again.
- The vendor's own word (Retry-After, Stripe-Should-Retry) comes before our guesses.
"""

from collections.abc import Callable
from itertools import count

import httpx

from stackwright.clock import Clock
from stackwright.errors import Ambiguous, RateLimited, Unavailable, VendorError
from stackwright.http.rate_limit import PATIENCE, WORTH_SAYING, Notice, minutes, silent
from stackwright.http.rules import Endpoint, is_loopback

ATTEMPTS = 5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0

Random = Callable[[], float]
"""Uniform numbers in [0, 1), such as `random.random`."""


def backoff(attempt: int, random: Random) -> float:
    """Seconds before attempt number `attempt` + 1: doubling, half of it by chance."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** (attempt - 1)))
    return longest * (0.5 + random() / 2)


class Retry(httpx.AsyncBaseTransport):
    """Bounded retries over a layer that raises `VendorError`."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        endpoint: Endpoint,
        clock: Clock,
        random: Random,
        notice: Notice = silent,
    ) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._clock = clock
        self._random = random
        self._notice = notice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        doubtful = False
        for attempt in count(1):
            try:
                return await self._inner.handle_async_request(request)
            except VendorError as error:
                doubtful = doubtful or self._is_doubtful(request, error)
                pause = self._pause(error, attempt)
                if attempt == ATTEMPTS or not self._again(request, error, pause):
                    raise _ambiguous(error) if doubtful and _is_open(error) else error from None
            await self._rest(pause)
        raise AssertionError("counting never ends")

    def _is_doubtful(self, request: httpx.Request, error: VendorError) -> bool:
        """Whether this failure may hide a write that was done."""
        unknown = isinstance(error, Unavailable) and error.sent
        return unknown and not self._endpoint.is_read(request)

    def _again(self, request: httpx.Request, error: VendorError, pause: float) -> bool:
        if error.retry is not None:
            return error.retry and self._endpoint.is_repeatable(request)
        if isinstance(error, RateLimited):
            return error.status == 429 and pause <= PATIENCE
        if not isinstance(error, Unavailable):
            return False
        if not error.sent:
            return not is_loopback(request.url)
        return self._endpoint.is_repeatable(request) and self._is_passing(request, error)

    def _is_passing(self, request: httpx.Request, error: Unavailable) -> bool:
        """Trouble that is likely to be over soon; a plain 500 is worth it only for a read."""
        return error.status not in {500, 501} or self._endpoint.is_read(request)

    def _pause(self, error: VendorError, attempt: int) -> float:
        own = backoff(attempt, self._random)
        return own if error.retry_after is None else max(error.retry_after, own)

    async def _rest(self, pause: float) -> None:
        if pause >= WORTH_SAYING:
            vendor = self._endpoint.rules.vendor
            self._notice(f"waiting {minutes(pause)} before asking {vendor} again")
        await self._clock.sleep(pause)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _is_open(error: VendorError) -> bool:
    """Whether this last failure leaves it open what an earlier attempt did.

    A definite answer to a repeated write speaks for all attempts: a DELETE that finds nothing
    the second time was done the first time.
    """
    return isinstance(error, Unavailable | RateLimited)


def _ambiguous(error: VendorError) -> Ambiguous:
    return Ambiguous(
        error.vendor,
        error.status,
        error.code,
        error.vendor_message,
        error.request_id,
        "It is not known whether this was done: run `pulumi up` again, which looks first.",
        operation=error.operation,
        retry_after=error.retry_after,
    )
