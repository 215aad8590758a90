"""Render's rate limits, enforced per bucket and told in every answer.

Numbers from recorded headers; `POST /services` is 20 an hour at Render and 200 here, so that
people can play. The setting `render.limits` ({bucket: [count, seconds]}) changes them; changing it
starts every count anew.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stackwright.sandbox.render.errors import TooManyRequestsError
from stackwright.sandbox.world import World

DEFAULTS: dict[str, tuple[int, int]] = {
    "read": (400, 60),
    "write": (100, 60),
    "service": (10, 60),
    "create": (200, 3600),
    "domains": (50, 3600),
    "logs": (30, 60),
}
_SERVICE = re.compile(r"^/v1/services/(?P<id>[^/]+)(?P<rest>/[^/]+)?$")
_PER_SERVICE = frozenset({"/deploys", "/scale", "/suspend", "/resume"})


@dataclass
class _Window:
    ends: float
    used: int = 0


class Limits:
    """Counts requests per bucket in fixed windows of the sandbox's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: dict[str, _Window] = {}
        self._settings: Any = None

    def take(self, method: str, path: str) -> dict[str, str]:
        """Count a request; the headers to send. Raises TooManyRequestsError when none is left."""
        kind, name = bucket(method, path)
        limit, seconds = self._limit(kind)
        now = self._world.clock.now()
        window = self._windows.get(name)
        if window is None or window.ends <= now:
            window = self._windows[name] = _Window(now + seconds)
        reset = math.ceil(window.ends - now)
        if window.used >= limit:
            raise _with(TooManyRequestsError(reset), _headers(limit, 0, reset))
        window.used += 1
        return _headers(limit, limit - window.used, reset)

    def _limit(self, kind: str) -> tuple[int, int]:
        settings = self._world.setting("render.limits", {})
        if settings != self._settings:
            self._settings = settings
            self._windows.clear()
        count, seconds = settings.get(kind, DEFAULTS[kind])
        return count, seconds


def bucket(method: str, path: str) -> tuple[str, str]:
    """The kind of limit for a request, and the name under which it is counted."""
    if method == "GET":
        kind = "logs" if path == "/v1/logs" else "read"
        return kind, kind
    if (method, path) == ("POST", "/v1/services"):
        return "create", "create"
    found = _SERVICE.match(path)
    if found and ((method, found["rest"]) == ("PATCH", None) or _is_slow(method, found["rest"])):
        return "service", f"service {method} {found['id']} {found['rest']}"
    if method == "POST" and "/custom-domains" in path:
        return "domains", "domains"
    return "write", "write"


def _is_slow(method: str, rest: str | None) -> bool:
    return method == "POST" and rest in _PER_SERVICE


def _headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": str(reset),
    }


def _with(error: TooManyRequestsError, headers: dict[str, str]) -> TooManyRequestsError:
    error.headers = {**headers, **(error.headers or {})}
    return error


class LimitMiddleware:
    """Adds the limit's headers to each answer; `render` counts and refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in scope.get("state", {}).get("ratelimit", {}).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
