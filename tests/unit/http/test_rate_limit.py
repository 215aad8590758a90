"""Requests wait for the vendor's limits; long waits are told instead."""

import asyncio

import pytest

from stackwright.errors import RateLimited
from tests.unit.http.network import ok
from tests.unit.http.shop import Shop


def spent(reset: int = 20) -> object:
    return ok([], left="0", reset=str(reset))


def ask_twice(shop: Shop, first: str = "GET", second: str = "GET") -> None:
    async def run() -> None:
        await shop.ask(first, "/things")
        await shop.ask(second, "/things")

    asyncio.run(run())


def test_nothing_waits_while_requests_are_left() -> None:
    shop = Shop(ok([], left="1", reset="20"), ok([]))
    ask_twice(shop)
    assert shop.manual.sleeps == []


def test_a_spent_bucket_is_waited_for_and_said() -> None:
    shop = Shop(ok([], left="0", reset="20"), ok([]))
    ask_twice(shop)
    assert shop.manual.sleeps == [20.0]
    assert shop.notices == ["waiting 20 s for Shop's rate limit"]


def test_a_spent_bucket_holds_up_no_other() -> None:
    shop = Shop(ok([], left="0", reset="20"), ok([]))
    ask_twice(shop, "GET", "POST")
    assert shop.manual.sleeps == []


def test_a_wait_of_an_hour_is_told_instead() -> None:
    shop = Shop(ok([], left="0", reset="3000"))
    with pytest.raises(RateLimited, match=r"GET /things.*nothing was sent. Run it again in 50 min"):
        ask_twice(shop)
    assert shop.manual.sleeps == []
    assert len(shop.network.requests) == 1


def test_requests_on_their_way_are_counted() -> None:
    """The answer to the first comes while three more are out: only the count below is free."""
    shop = Shop(*(ok([], left="2", reset="20") for _ in range(6)))

    async def run() -> None:
        await shop.ask("GET", "/things")
        await asyncio.gather(*(shop.ask("GET", "/things") for _ in range(5)))

    asyncio.run(run())
    assert shop.manual.sleeps == [20.0, 20.0, 20.0]


def test_a_new_window_is_believed() -> None:
    shop = Shop(ok([], left="0", reset="20"), ok([], left="9", reset="60"), ok([]))

    async def run() -> None:
        for _ in range(3):
            await shop.ask("GET", "/things")

    asyncio.run(run())
    assert shop.manual.sleeps == [20.0]


@pytest.mark.parametrize("left", ["", "many", "-1"])
def test_headers_that_are_no_counts_are_ignored(left: str) -> None:
    shop = Shop(ok([], left=left, reset="20"), ok([]))
    ask_twice(shop)
    assert shop.manual.sleeps == []
