"""Every request on the wire is noted, with its status and without its content."""

import asyncio

import httpx
import pytest

from stackwright.errors import Ambiguous
from stackwright.http.record import Call
from tests.unit.http.network import ok
from tests.unit.http.shop import Shop


def test_each_attempt_is_noted() -> None:
    shop = Shop(ok({}, 503), ok([]))
    asyncio.run(shop.ask("GET", "/things", params={"token": "x"}))
    assert shop.record.calls == [
        Call("Shop", "GET", "/things", 503, read=True),
        Call("Shop", "GET", "/things", 200, read=True),
    ]


def test_reads_and_writes_are_told_apart_by_the_vendors_table() -> None:
    shop = Shop(ok([]), ok({}))
    asyncio.run(shop.ask("POST", "/search"))
    asyncio.run(shop.ask("POST", "/things"))
    assert [call.path for call in shop.record.reads] == ["/search"]
    assert [call.path for call in shop.record.writes] == ["/things"]


def test_a_request_without_an_answer_is_noted_too() -> None:
    shop = Shop(httpx.ReadError("gone"))
    with pytest.raises(Ambiguous):
        asyncio.run(shop.ask("POST", "/things"))
    assert shop.record.calls == [Call("Shop", "POST", "/things", None, read=False)]
