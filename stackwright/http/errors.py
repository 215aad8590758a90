"""Turns what comes back from the network into the named errors of `stackwright.errors`.

A resource never looks at a status: it catches `NotFound`, `Conflict` and so on.
"""

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from stackwright.clock import Clock
from stackwright.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PaymentRequired,
    RateLimited,
    Unauthorized,
    Unavailable,
    VendorError,
    scrub,
)
from stackwright.http.rate_limit import minutes
from stackwright.http.rules import Details, Endpoint, first_header, is_loopback, words

BY_STATUS: dict[int, type[VendorError]] = {
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    423: Conflict,
    424: Unavailable,
    425: Unavailable,
    429: RateLimited,
}
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
SECRET_FIELDS = frozenset({"value", "content", "password", "db_pass"})
"""Fields of our JSON bodies whose values must not come back in a vendor's message."""
REQUEST_IDS = ("request-id", "render-request-id", "x-request-id", "sb-request-id", "cf-ray")
LONGEST_WORDS = 500


def kind_of(status: int) -> type[VendorError]:
    """The error that a status means; every status that is not a success has one."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return Unavailable
    return Invalid if status >= 400 else VendorError


class Errors(httpx.AsyncBaseTransport):
    """Passes successes, read to the end; raises a `VendorError` for everything else."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, endpoint: Endpoint, clock: Clock, token: str
    ) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._clock = clock
        self._token = token

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._inner.handle_async_request(request)
            await response.aread()
        except httpx.RequestError as error:
            raise self._unreachable(request, error) from None
        if response.is_success:
            return response
        raise self._refusal(request, response)

    def _refusal(self, request: httpx.Request, response: httpx.Response) -> VendorError:
        rules = self._endpoint.rules
        details = rules.explain(response)
        pause = self._pause(response)
        kind = Conflict if details.code in rules.conflicts else kind_of(response.status_code)
        return kind(
            rules.vendor,
            response.status_code,
            details.code,
            self._clean(details.message, request),
            details.request_id or first_header(response, REQUEST_IDS),
            self._advice(details, response.status_code, pause),
            operation=words(self._endpoint.operation(request)),
            retry_after=pause,
            retry=details.retry,
        )

    def _advice(self, details: Details, status: int, pause: float | None) -> str:
        if status == 429 and pause:
            return f"Run it again in {minutes(pause)}."
        advice = self._endpoint.rules.advice
        return advice.get(details.code or "") or advice.get(status) or ""

    def _clean(self, text: str, request: httpx.Request) -> str:
        return scrub(text[:LONGEST_WORDS], (self._token, *secrets_of(request)))

    def _pause(self, response: httpx.Response) -> float | None:
        """Seconds that the vendor asks us to wait; for 429 the end of the window will do."""
        names = [("Retry-After", True)]
        rate = self._endpoint.rules.rate_headers
        if rate and response.status_code == 429:
            names.append((rate.reset, False))
        for name, may_be_a_date in names:
            seconds = self._seconds(response.headers.get(name, ""), may_be_a_date)
            if seconds is not None:
                return seconds
        return None

    def _seconds(self, text: str, may_be_a_date: bool) -> float | None:
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            when = parsedate_to_datetime(text) if may_be_a_date else None
        except ValueError:
            return None
        return max(0.0, when.timestamp() - self._clock.now()) if when else None

    def _unreachable(self, request: httpx.Request, error: httpx.RequestError) -> Unavailable:
        sent = not isinstance(error, NEVER_SENT)
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        trouble = "the connection broke before the answer" if sent else f"cannot reach {origin}"
        failure = Unavailable(
            self._endpoint.rules.vendor,
            message=f"{trouble} ({type(error).__name__})",
            advice=_advice_on_connection(request),
            operation=words(self._endpoint.operation(request)),
        )
        failure.sent = sent
        return failure

    async def aclose(self) -> None:
        await self._inner.aclose()


def _advice_on_connection(request: httpx.Request) -> str:
    if is_loopback(request.url):
        return "Is the sandbox running? (stackwright sandbox start)"
    return "Check the network and the proxy settings, then run it again."


def secrets_of(request: httpx.Request) -> list[str]:
    """The secret values that a request carries, as far as its body is JSON and at hand."""
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        return []
    try:
        return list(_secret_values(json.loads(request.content)))
    except (httpx.RequestNotRead, ValueError):
        return []


def _secret_values(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for name, value in body.items():
            if name in SECRET_FIELDS and isinstance(value, str):
                yield value
            else:
                yield from _secret_values(value)
    elif isinstance(body, list):
        for item in body:
            yield from _secret_values(item)
