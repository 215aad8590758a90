"""Status lines of work that takes long: the latest news every few seconds, none for short work."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from stackwright.context import Interrupted, Writing

EVERY = 5.0


@asynccontextmanager
async def heartbeat(context: Writing, subject: str) -> AsyncIterator[Callable[[str], None]]:
    """A function that takes news for the length of the block.

    `public.codes: 120000 of 500000 rows merged, 15 s` is shown every five seconds, so that a
    long step in which there is no news is seen to go on, and a CI log stays short.
    """
    news, started = [""], context.clock.now()

    async def beat() -> None:
        while True:
            await context.clock.sleep(EVERY)
            took = context.clock.now() - started
            await context.status(f"{subject}: {news[0]}, {took:.0f} s")

    def tell(text: str) -> None:
        news[0] = text

    beating = asyncio.create_task(beat())
    try:
        yield tell
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError, Interrupted):
            await beating
