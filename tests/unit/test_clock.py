"""The clock of tests behaves like one, without waiting."""

import asyncio

from stackwright.clock import SYSTEM, ManualClock


def test_sleeping_moves_a_manual_clock() -> None:
    clock = ManualClock(time=100.0)
    asyncio.run(clock.sleep(7.5))
    assert clock.now() == 107.5
    assert clock.sleeps == [7.5]


def test_sleeps_that_overlap_end_together() -> None:
    clock = ManualClock(time=100.0)

    async def both() -> None:
        await asyncio.gather(clock.sleep(5.0), clock.sleep(3.0))

    asyncio.run(both())
    assert clock.now() == 105.0


def test_the_systems_clock_counts_in_unix_seconds() -> None:
    assert SYSTEM.now() > 1_700_000_000
    asyncio.run(SYSTEM.sleep(0))
