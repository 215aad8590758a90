"""Stacks the layers into an `httpx.AsyncClient`, and the base of the three vendors' clients."""

import random as random_module
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self, TypedDict, Unpack
from urllib.parse import quote
from urllib.request import getproxies, proxy_bypass

import httpx

from stackwright.clock import SYSTEM, Clock
from stackwright.errors import NotFound, UserInput, VendorError, scrub
from stackwright.http.auth import Auth
from stackwright.http.errors import Errors
from stackwright.http.rate_limit import Notice, RateLimit, silent
from stackwright.http.read_only import ReadOnly
from stackwright.http.record import Record, Recorder
from stackwright.http.retry import Random, Retry
from stackwright.http.rules import Endpoint, Rules, is_loopback
from stackwright.values import Json

TIMEOUT = httpx.Timeout(30.0, pool=None)
"""Waiting for a free connection is our own queue, not the vendor's slowness: it has no limit."""
CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=16)


class Wiring(TypedDict, total=False):
    """What tests and the plugin may put in place of the real world.

    transport: the network. clock, random: time and chance. record: where calls are noted.
    notice: told when a layer waits for long.
    """

    transport: httpx.AsyncBaseTransport | None
    clock: Clock
    random: Random
    record: Record
    notice: Notice


def build(
    rules: Rules, token: str, base_url: str, *, writable: bool, **wiring: Unpack[Wiring]
) -> httpx.AsyncClient:
    """A client for one vendor; without `writable` it refuses all but the vendor's reads."""
    endpoint = Endpoint(rules, _address(rules, base_url))
    clock = wiring.get("clock", SYSTEM)
    notice = wiring.get("notice", silent)
    layer = wiring.get("transport") or network(endpoint.base_url)
    layer = Auth(layer, endpoint, token)
    layer = Recorder(layer, endpoint, wiring.get("record", Record()))
    layer = RateLimit(layer, endpoint, clock, notice)
    layer = Errors(layer, endpoint, clock, token)
    chance = wiring.get("random", random_module.random)
    layer = Retry(layer, endpoint, clock, chance, notice)
    if not writable:
        layer = ReadOnly(layer, endpoint)
    headers = {"Accept": "application/json", "User-Agent": "stackwright", **rules.headers}
    return httpx.AsyncClient(
        transport=layer, base_url=endpoint.base_url, headers=headers, timeout=TIMEOUT
    )


def _address(rules: Rules, base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise UserInput(f"{rules.url_variable} is not an http(s) address: {scrub(base_url)}")
    return url


def network(base_url: httpx.URL) -> httpx.AsyncHTTPTransport:
    """Pooled connections, through the proxy of the environment unless it is bypassed."""
    proxy = None
    if not is_loopback(base_url) and not proxy_bypass(base_url.host):
        proxy = getproxies().get(base_url.scheme)
    return httpx.AsyncHTTPTransport(verify=_tls(), limits=CONNECTIONS, proxy=proxy)


@cache
def _tls() -> ssl.SSLContext:
    """One context for all vendors: making it takes longer than a request."""
    return httpx.create_ssl_context()


def segment(value: str) -> str:
    """One path segment: an id or name can neither be empty nor lead elsewhere."""
    if value in {"", ".", ".."}:
        raise UserInput(f"an id or name that is part of an address must not be {value!r}")
    return quote(value, safe="")


class VendorClient:
    """The base of every reader and client: sends, decodes, and knows what "gone" looks like."""

    rules: ClassVar[Rules]
    writable: ClassVar[bool] = False

    def __init__(self, token: str, base_url: str, **wiring: Unpack[Wiring]) -> None:
        self.base_url = base_url
        self.clock = wiring.get("clock", SYSTEM)
        self.record = wiring.setdefault("record", Record())
        self._http = build(self.rules, token, base_url, writable=self.writable, **wiring)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._http.aclose()

    async def _send(self, method: str, path: str, **request: Any) -> Any:
        """The decoded JSON of the answer; None when it is empty. `request` as in httpx."""
        response = await self._http.request(method, path, **request)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise VendorError(
                self.rules.vendor,
                response.status_code,
                message="the answer is not JSON",
                advice=f"Does {self.base_url} really lead to {self.rules.vendor}?",
                operation=f"{method} {path}",
            ) from None

    async def _find(self, path: str, params: Mapping[str, Any] | str | None = None) -> Json | None:
        """One object, or None when the vendor does not have it."""
        try:
            found: Json = await self._send("GET", path, params=params)
        except NotFound:
            return None
        return found

    async def _remove(self, path: str, **request: Any) -> bool:
        """DELETE; False when it was gone already."""
        try:
            await self._send("DELETE", path, **request)
        except NotFound:
            return False
        return True
