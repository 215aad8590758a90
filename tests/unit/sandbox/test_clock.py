import asyncio

from stackwright.sandbox.clock import Clock, ManualClock, SystemClock


def test_the_system_clock_adds_its_offset_and_tells_when_it_moves() -> None:
    told: list[float] = []
    clock = SystemClock(5.0, moved=told.append, source=lambda: 100.0)
    assert clock.now() == 105.0
    clock.advance(10)
    assert clock.now() == 115.0
    assert told == [15.0]


async def _sleeper(clock: Clock, seconds: float, woken: list[float]) -> None:
    await clock.sleep(seconds)
    woken.append(seconds)


async def _turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _advance_in_steps(clock: Clock) -> list[list[float]]:
    woken: list[float] = []
    tasks = [asyncio.create_task(_sleeper(clock, seconds, woken)) for seconds in (30, 10)]
    await _turn()
    seen = [list(woken)]
    for step in (10, 25):
        clock.advance(step)
        await _turn()
        seen.append(list(woken))
    await asyncio.gather(*tasks)
    return seen


def test_advancing_the_manual_clock_wakes_those_whose_time_has_come() -> None:
    assert asyncio.run(_advance_in_steps(ManualClock())) == [[], [10], [10, 30]]


def test_advancing_the_system_clock_wakes_those_whose_time_has_come() -> None:
    clock = SystemClock(source=lambda: 100.0)
    assert asyncio.run(_advance_in_steps(clock)) == [[], [10], [10, 30]]
