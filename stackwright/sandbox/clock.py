"""The sandbox's time: the system's, moved forward on request, or set by hand in tests."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol


class Clock(Protocol):
    """What the stand-ins know of time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` of the sandbox's time have passed."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the time forward and wake whoever waited for it."""
        ...


class _Sleepers:
    """Tasks that wait for a moment of the sandbox's time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def add(self, until: float) -> asyncio.Event:
        event = asyncio.Event()
        self._waiting.append((until, asyncio.get_running_loop(), event))
        return event

    def forget(self, event: asyncio.Event) -> None:
        self._waiting = [entry for entry in self._waiting if entry[2] is not event]

    def wake(self, now: float) -> None:
        for until, loop, event in self._waiting:
            if until <= now and not loop.is_closed():
                loop.call_soon_threadsafe(event.set)


class SystemClock:
    """Real time plus an offset in seconds; `advance` grows the offset.

    `moved` is called with every new offset, so that the owner can keep it over a restart.
    """

    def __init__(
        self,
        offset: float = 0.0,
        *,
        moved: Callable[[float], None] | None = None,
        source: Callable[[], float] = time.time,
    ) -> None:
        self.offset = offset
        self._moved = moved
        self._source = source
        self._sleepers = _Sleepers()

    def now(self) -> float:
        return self._source() + self.offset

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds
        event = self._sleepers.add(until)
        try:
            while (left := until - self.now()) > 0:
                await _wait(event, left)
        finally:
            self._sleepers.forget(event)

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        if self._moved is not None:
            self._moved(self.offset)
        self._sleepers.wake(self.now())


class ManualClock:
    """Time that stands still until `advance` is called. For tests."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._sleepers = _Sleepers()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        while self._now < until:
            event = self._sleepers.add(until)
            try:
                await event.wait()
            finally:
                self._sleepers.forget(event)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._sleepers.wake(self._now)


async def woken(event: asyncio.Event, clock: Clock, seconds: float | None) -> None:
    """Until the event is set, or `seconds` of the sandbox's time have passed (None: never)."""
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait())]
    if seconds is not None:
        waiting.append(asyncio.create_task(clock.sleep(seconds)))
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
