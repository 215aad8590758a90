"""Adds the key to every request, so that nothing above this layer ever holds it."""

import httpx

from stackwright.errors import Unauthorized
from stackwright.http.rules import Endpoint, words


class Auth(httpx.AsyncBaseTransport):
    """Sends `Authorization: Bearer KEY`; without a key nothing is sent."""

    def __init__(self, inner: httpx.AsyncBaseTransport, endpoint: Endpoint, token: str) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._token = token

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        rules = self._endpoint.rules
        if trouble := _trouble(self._token):
            operation = words(self._endpoint.operation(request))
            advice = f"Set {rules.key_variable}."
            raise Unauthorized(rules.vendor, message=trouble, advice=advice, operation=operation)
        request.headers["Authorization"] = f"Bearer {self._token}"
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _trouble(token: str) -> str | None:
    """Why this cannot be a key. Found here, since a header's own error would quote it."""
    if not token:
        return "there is no key"
    if not token.isascii() or any(c.isspace() or not c.isprintable() for c in token):
        return "the key has characters that no key has, perhaps a line end"
    return None
