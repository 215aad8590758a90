"""Keeps method, path and status of every request that went out: for tests and reports."""

from dataclasses import dataclass, field

import httpx

from stackwright.http.rules import Endpoint


@dataclass(frozen=True)
class Call:
    """One request on the wire. `status` is None when no answer came. No query, no bodies."""

    vendor: str
    method: str
    path: str
    status: int | None
    read: bool


@dataclass
class Record:
    """All calls in the order in which their answers came; may be shared by several clients."""

    calls: list[Call] = field(default_factory=list)

    @property
    def reads(self) -> list[Call]:
        return [call for call in self.calls if call.read]

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if not call.read]


class Recorder(httpx.AsyncBaseTransport):
    """Writes each attempt, also a failed one, into a `Record`."""

    def __init__(self, inner: httpx.AsyncBaseTransport, endpoint: Endpoint, record: Record) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._record = record

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        status = None
        try:
            response = await self._inner.handle_async_request(request)
            status = response.status_code
        finally:
            self._note(request, status)
        return response

    def _note(self, request: httpx.Request, status: int | None) -> None:
        method, path = self._endpoint.operation(request)
        vendor, read = self._endpoint.rules.vendor, self._endpoint.is_read(request)
        self._record.calls.append(Call(vendor, method, path, status, read))

    async def aclose(self) -> None:
        await self._inner.aclose()
