"""A preview's transport refuses everything that is not a read, before it is sent."""

import asyncio

import pytest

from stackwright.errors import WriteInPreview
from tests.unit.http.network import ok
from tests.unit.http.shop import Shop, Window


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/things"), ("GET", "/things/7"), ("POST", "/search")]
)
def test_a_preview_may_read(method: str, path: str) -> None:
    window = Window(ok({"found": 1}))
    assert asyncio.run(window.ask(method, path)) == {"found": 1}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/things"),
        ("DELETE", "/things/7"),
        ("GET", "/things/7/claim"),
        ("GET", "/elsewhere"),
        ("HEAD", "/things"),
        ("POST", "/search/again"),
    ],
)
def test_a_preview_sends_nothing_else(method: str, path: str) -> None:
    window = Window()
    with pytest.raises(WriteInPreview, match=f"{method} {path} is not known to be a read"):
        asyncio.run(window.ask(method, path))
    assert window.network.requests == []


def test_the_refusal_does_not_show_the_query() -> None:
    with pytest.raises(WriteInPreview) as caught:
        asyncio.run(Window().ask("POST", "/things", params={"token": "hunter22"}))
    assert "hunter22" not in str(caught.value)


def test_a_real_run_may_write() -> None:
    assert asyncio.run(Shop(ok({})).ask("POST", "/things")) == {}
