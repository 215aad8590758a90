"""How the layers are put together, and the answers that every client shares."""

import asyncio

import httpx
import pytest

from stackwright.errors import UserInput, VendorError
from stackwright.http.client import network, segment
from tests.unit.http.network import ok
from tests.unit.http.shop import Shop


@pytest.mark.parametrize(
    "url", ["", "shop.test", "ftp://shop.test", "http://", "http://shop.test:x", "/v1"]
)
def test_an_address_that_is_none_is_refused_by_the_name_of_its_variable(url: str) -> None:
    with pytest.raises(UserInput, match="SHOP_URL is not an http"):
        Shop(url=url)


def test_an_address_with_a_password_is_not_shown() -> None:
    with pytest.raises(UserInput) as caught:
        Shop(url="ftp://me:hunter22@shop.test")
    assert "hunter22" not in str(caught.value)


def test_paths_are_below_the_base_address() -> None:
    shop = Shop(ok([]), url="https://shop.test/v1/")
    asyncio.run(shop.ask("GET", "/things"))
    assert str(shop.network.requests[0].url) == "https://shop.test/v1/things"


def test_an_empty_answer_is_none() -> None:
    assert asyncio.run(Shop(httpx.Response(204)).ask("DELETE", "/things/7")) is None


def test_an_answer_that_is_not_json_is_said_with_the_address() -> None:
    shop = Shop(httpx.Response(200, text="<html>"))
    with pytest.raises(
        VendorError, match=r"not JSON. Does https://shop.test/v1 really lead to Shop"
    ):
        asyncio.run(shop.ask("GET", "/things"))


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_an_id_cannot_be_empty_or_lead_elsewhere(value: str) -> None:
    with pytest.raises(UserInput):
        segment(value)


def test_an_id_with_a_slash_stays_one_segment() -> None:
    shop = Shop(ok({}))
    asyncio.run(shop.ask("GET", f"/things/{segment('a/b')}"))
    assert shop.network.requests[0].url.raw_path == b"/v1/things/a%2Fb"


def proxied(url: str) -> bool:
    return "Proxy" in type(network(httpx.URL(url))._pool).__name__


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    assert proxied("https://shop.test")
    monkeypatch.setenv("no_proxy", "shop.test")
    assert not proxied("https://shop.test")


def test_the_sandbox_is_never_behind_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    assert not proxied("http://127.0.0.1:4000")
