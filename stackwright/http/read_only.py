"""Refuses, before anything is sent, every operation that is not named as a read.

A table and not the method decides: a read can be a POST, and a GET can create.
"""

import httpx

from stackwright.errors import WriteInPreview
from stackwright.http.rules import Endpoint, words


class ReadOnly(httpx.AsyncBaseTransport):
    """Passes the vendor's reads and nothing else."""

    def __init__(self, inner: httpx.AsyncBaseTransport, endpoint: Endpoint) -> None:
        self._inner = inner
        self._endpoint = endpoint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._endpoint.is_read(request):
            operation = words(self._endpoint.operation(request))
            raise WriteInPreview(self._endpoint.rules.vendor, operation)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
