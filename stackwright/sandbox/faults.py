"""Faults on request: refused, reset, slow, and "processed but the answer is lost"."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stackwright.sandbox.clock import Clock
from stackwright.sandbox.journal import ANSWERED, NO_ANSWER
from stackwright.sandbox.store import Store

Kind = Literal["status", "reset", "slow", "lost"]
KINDS: tuple[Kind, ...] = ("status", "reset", "slow", "lost")
ABORT = "sandbox.abort"
"""Scope key: a function that cuts the client's connection (absent in in-process calls)."""
_STORE_KIND = "sandbox.fault"


class ConnectionLost(ConnectionResetError):
    """Raised through an in-process call where a real connection would be cut."""


@dataclass
class Fault:
    """What goes wrong, where and how often.

    `vendor`, `method` None = any; `path` a regular expression searched in the path; `times` None =
    until cleared; `skip` = that many matching requests pass first. `status` 429, 500 ...;
    `retry_after` seconds for its header; `delay` seconds (slow, and before any other kind).
    """

    kind: Kind
    vendor: str | None = None
    method: str | None = None
    path: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 500
    retry_after: float | None = None
    delay: float = 0.0
    body: dict[str, Any] | None = None
    id: str = field(default="")

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}: one of {', '.join(KINDS)}")
        re.compile(self.path)

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether a request is one that this fault is about."""
        return (
            self.vendor in (None, vendor)
            and self.method in (None, method)
            and re.search(self.path, path) is not None
        )


class Faults:
    """The faults in force, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, fault: Fault) -> Fault:
        """Put a fault into force and give it an id."""
        fault.id = f"fault-{self._store.counter(_STORE_KIND)}"
        self._save(fault)
        return fault

    def all(self) -> list[Fault]:
        """The faults in force, oldest first."""
        return [Fault(**body) for body in self._store.all(_STORE_KIND)]

    def clear(self) -> None:
        """Take every fault out of force."""
        self._store.clear(_STORE_KIND)

    def take(self, vendor: str, method: str, path: str) -> Fault | None:
        """The first fault for this request, used up by one; None when all is well."""
        for fault in self.all():
            if fault.matches(vendor, method, path):
                if fault.skip > 0:
                    fault.skip -= 1
                    self._save(fault)
                    continue
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
        if fault.times == 0:
            self._store.delete(_STORE_KIND, fault.id)
        else:
            self._save(fault)

    def _save(self, fault: Fault) -> None:
        self._store.put(_STORE_KIND, fault.id, asdict(fault))


class FaultMiddleware:
    """Makes the faults of `faults` happen to the requests for `app`."""

    def __init__(self, app: ASGIApp, faults: Faults, vendor: str, clock: Clock) -> None:
        self._app = app
        self._faults = faults
        self._vendor = vendor
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http":
            fault = self._faults.take(self._vendor, scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["note"] = f"fault: {fault.kind}"
        if fault.delay:
            await self._clock.sleep(fault.delay)
        await self._happen(fault, scope, receive, send)

    async def _happen(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "status":
            await _answer(self._vendor, fault)(scope, receive, send)
        elif fault.kind == "reset":
            _report(scope, NO_ANSWER)
            await _cut(scope)
        elif fault.kind == "lost":
            await self._app(scope, receive, _swallow(scope))
            await _cut(scope)
        else:
            await self._app(scope, receive, send)


def _answer(vendor: str, fault: Fault) -> JSONResponse:
    words = f"The sandbox was told to answer {fault.status} to this request."
    body = fault.body or ENVELOPES.get(vendor, _plain)(words, fault.status)
    headers = {"retry-after": f"{fault.retry_after:g}"} if fault.retry_after is not None else None
    return JSONResponse(body, fault.status, headers)


def _plain(message: str, _status: int) -> dict[str, Any]:
    return {"message": message}


def _stripe(message: str, status: int) -> dict[str, Any]:
    if status == 429:
        error = {"type": "invalid_request_error", "code": "rate_limit", "message": message}
    else:
        error = {"type": "api_error", "message": message}
    return {"error": error}


ENVELOPES: dict[str, Callable[[str, int], dict[str, Any]]] = {"stripe": _stripe}
"""How each vendor words an error; those not listed say {"message": ...}."""


def _swallow(scope: Scope) -> Send:
    """A `send` that tells only the journal: the answer is lost, but the work is recorded."""

    async def swallow(message: Message) -> None:
        if message["type"] == "http.response.start":
            _report(scope, message["status"])

    return swallow


def _report(scope: Scope, status: int) -> None:
    if ANSWERED in scope:
        scope[ANSWERED](status)


async def _cut(scope: Scope) -> None:
    """Break the connection without an answer."""
    if ABORT not in scope:
        raise ConnectionLost("the connection was cut by a fault of the sandbox")
    scope[ABORT]()
    await asyncio.sleep(0)  # lets the server see that the client is gone
