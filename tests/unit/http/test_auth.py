"""The key goes with every request and nowhere else."""

import asyncio

import pytest

from stackwright.errors import Unauthorized
from tests.unit.http.network import ok
from tests.unit.http.shop import KEY, Shop


def test_every_request_carries_the_key_and_the_vendors_headers() -> None:
    shop = Shop(ok([]))
    asyncio.run(shop.ask("GET", "/things"))
    sent = shop.network.requests[0].headers
    assert sent["Authorization"] == f"Bearer {KEY}"
    assert sent["Shop-Version"] == "7"


def test_without_a_key_nothing_is_sent_and_the_variable_is_named() -> None:
    shop = Shop(key="")
    with pytest.raises(Unauthorized, match=r"there is no key. Set SHOP_KEY"):
        asyncio.run(shop.ask("GET", "/things"))
    assert shop.network.requests == []


@pytest.mark.parametrize("key", ["secret-key\n", "secret key", "secret-k\u00e9y", "secret-key\x00"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    shop = Shop(key=key)
    with pytest.raises(Unauthorized, match="characters that no key has") as caught:
        asyncio.run(shop.ask("GET", "/things"))
    assert "secret" not in str(caught.value)
    assert shop.network.requests == []
