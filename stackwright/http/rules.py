"""What the layers must know about one vendor."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

Operation = tuple[str, str]
"""Method and path below the base URL, e.g. `("GET", "/services/srv-1")`."""


@dataclass(frozen=True)
class Details:
    """What an error response says, in the vendor's own words.

    `retry` is the vendor's word on whether trying again is of use; None when it gave none.
    """

    message: str
    code: str | None = None
    request_id: str | None = None
    retry: bool | None = None


@dataclass(frozen=True)
class RateHeaders:
    """Names of the response headers that count requests; `reset` is in seconds from now."""

    remaining: str
    reset: str


class Table:
    """A closed list of operations; `{name}` in a template stands for one path segment."""

    def __init__(self, *operations: str) -> None:
        """Each operation is `METHOD /path/{template}`."""
        self._patterns = [_pattern(operation) for operation in operations]

    def __contains__(self, operation: Operation) -> bool:
        return any(pattern.fullmatch(" ".join(operation)) for pattern in self._patterns)


def _pattern(operation: str) -> re.Pattern[str]:
    literals = re.split(r"\{\w+\}", operation)
    return re.compile("[^/]+".join(re.escape(literal) for literal in literals))


def everything_is_one(_operation: Operation) -> str:
    """The bucket of a vendor that counts all requests together."""
    return ""


@dataclass(frozen=True)
class Rules:
    """One vendor: its name, its reads, its errors, its limits.

    reads: the operations that change nothing; everything else is refused in a preview.
    repeatable: writes that may be sent twice with the effect of once, beside PUT, PATCH and
        DELETE, which always may.
    key_variable, url_variable: where users set the key and the address.
    explain: an error response in the vendor's words.
    advice: ours, by the vendor's code or by status; the code is asked first.
    conflicts: codes that mean "already there", whatever their status.
    idempotency_header: a request that carries it may be repeated.
    bucket: which requests are counted together against one limit.
    headers: sent with every request.
    """

    vendor: str
    key_variable: str
    url_variable: str
    reads: Table
    explain: Callable[[httpx.Response], Details]
    advice: dict[str | int, str] = field(default_factory=dict)
    conflicts: frozenset[str] = frozenset()
    repeatable: Table = field(default_factory=Table)
    idempotency_header: str | None = None
    rate_headers: RateHeaders | None = None
    bucket: Callable[[Operation], str] = everything_is_one
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """A vendor at a base URL: turns requests into operations."""

    rules: Rules
    base_url: httpx.URL

    def operation(self, request: httpx.Request) -> Operation:
        """Method and path below the base URL; never the query, which may hold values."""
        prefix = self.base_url.path.rstrip("/")
        return request.method, request.url.path.removeprefix(prefix)

    def is_read(self, request: httpx.Request) -> bool:
        return self.operation(request) in self.rules.reads

    def is_repeatable(self, request: httpx.Request) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        key = self.rules.idempotency_header
        return (
            request.method in {"PUT", "PATCH", "DELETE"}
            or self.is_read(request)
            or (key is not None and key in request.headers)
            or self.operation(request) in self.rules.repeatable
        )


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_loopback(url: httpx.URL) -> bool:
    return url.host in LOOPBACK


def words(operation: Operation) -> str:
    """`METHOD /path`, as errors and records show it."""
    return " ".join(operation)


def first_header(response: httpx.Response, names: Iterable[str]) -> str | None:
    """The value of the first of these headers that the response has."""
    return next((response.headers[name] for name in names if name in response.headers), None)
