"""The vendor's rate limit: 120 requests a minute for each endpoint of each project.

https://supabase.com/docs/reference/api/introduction (rate limits). The setting
`supabase.rate_limit` of the sandbox changes the number.
"""

from dataclasses import dataclass

from stackwright.sandbox.supabase.errors import ApiError
from stackwright.sandbox.world import World

PER_MINUTE = 120
WINDOW = 60.0


@dataclass
class Window:
    """The requests to one endpoint since `start`."""

    start: float
    used: int = 0


class RateLimits:
    """Counts requests; the count is forgotten when the stand-in restarts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: dict[tuple[str, str], Window] = {}

    def take(self, endpoint: str, scope: str) -> dict[str, str]:
        """Count a request; returns the headers of its answer (reset in seconds).

        Raises TooManyRequestsError for the rest of the minute when none are left.
        """
        limit = int(self._world.setting("supabase.rate_limit", PER_MINUTE))
        now = self._world.clock.now()
        window = self._windows.get((endpoint, scope))
        if window is None or now - window.start >= WINDOW:
            window = self._windows[endpoint, scope] = Window(now)
        window.used += 1
        headers = _headers(limit, window, now)
        if window.used > limit:
            raise TooManyRequestsError(headers)
        return headers


class TooManyRequestsError(ApiError):
    """429: the minute's requests are used up."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__(429, "ThrottlerException: Too Many Requests")
        self.headers = headers


def _headers(limit: int, window: Window, now: float) -> dict[str, str]:
    left = max(0, limit - window.used)
    reset = max(1, round(WINDOW - (now - window.start)))
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(reset),
    }
