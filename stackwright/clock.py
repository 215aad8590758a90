"""Time as a parameter: whoever waits or looks at the clock is given one of these."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final, Protocol


class Clock(Protocol):
    """What the time is, and how to let it pass."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return `seconds` later; others run meanwhile."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SYSTEM: Final[Clock] = SystemClock()


@dataclass
class ManualClock:
    """A clock for tests: sleeping moves it at once, and every sleep is noted.

    Sleeps that overlap end together, as real ones would: each moves the clock to its own end
    and never beyond.
    """

    time: float = 1_800_000_000.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        self.sleeps.append(seconds)
        await asyncio.sleep(0)
        self.time = max(self.time, end)
