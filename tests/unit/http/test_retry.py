"""What is tried again, how often, and what is left to the caller."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.errors import (
    Ambiguous,
    Conflict,
    Invalid,
    NotFound,
    RateLimited,
    Unavailable,
    VendorError,
)
from stackwright.http.retry import ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, backoff
from tests.unit.http.network import Answer, ok
from tests.unit.http.shop import Shop

LOST = httpx.ReadError("connection reset")
NO_ANSWER = httpx.ReadTimeout("timed out")
NOT_REACHED = httpx.ConnectError("refused")


def run(shop: Shop, method: str, path: str = "/things", **headers: str) -> object:
    return asyncio.run(shop.ask(method, path, headers=headers))


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 520, 408])
def test_a_read_is_tried_again_after_a_vendors_trouble(trouble: int) -> None:
    assert run(Shop(ok({}, trouble), ok([1])), "GET") == [1]


@pytest.mark.parametrize("trouble", [LOST, NO_ANSWER, NOT_REACHED])
def test_a_read_is_tried_again_after_a_broken_connection(trouble: Exception) -> None:
    assert run(Shop(trouble, ok([1])), "GET") == [1]


@pytest.mark.parametrize("trouble", [ok({}, 503), LOST, NO_ANSWER])
@pytest.mark.parametrize(("method", "path"), [("PUT", "/things/7"), ("POST", "/things/7/touch")])
def test_a_repeatable_write_is_tried_again(method: str, path: str, trouble: Answer) -> None:
    assert run(Shop(trouble, ok({"done": 1})), method, path) == {"done": 1}


def test_a_plain_500_to_a_write_is_not_worth_repeating() -> None:
    shop = Shop(ok({}, 500))
    with pytest.raises(Ambiguous):
        run(shop, "PUT", "/things/7")
    assert shop.manual.sleeps == []


def test_a_retried_write_repeats_its_body_and_its_key() -> None:
    shop = Shop(LOST, ok({}))
    asyncio.run(shop.ask("POST", "/things", json={"name": "a"}, headers={"Once": "key-1"}))
    assert [request.headers["Once"] for request in shop.network.requests] == ["key-1", "key-1"]
    assert shop.network.json(0) == shop.network.json(1) == {"name": "a"}


@pytest.mark.parametrize("trouble", [ok({}, 500), ok({}, 502), ok({}, 503), LOST, NO_ANSWER])
def test_a_write_of_unknown_outcome_is_left_to_its_caller(trouble: Answer) -> None:
    shop = Shop(trouble)
    with pytest.raises(Ambiguous, match="It is not known whether this was done"):
        run(shop, "POST")
    assert len(shop.network.requests) == 1


@pytest.mark.parametrize("harmless", [NOT_REACHED, ok({}, 429)])
def test_a_write_that_was_certainly_not_done_is_tried_again(harmless: Answer) -> None:
    assert run(Shop(harmless, ok({"id": 1})), "POST") == {"id": 1}


def test_a_write_that_may_have_been_done_stays_ambiguous_when_the_network_then_fails() -> None:
    shop = Shop(LOST, *[NOT_REACHED] * (ATTEMPTS - 1))
    with pytest.raises(Ambiguous):
        run(shop, "PUT", "/things/7")


def test_a_definite_answer_to_a_repeated_write_speaks_for_both() -> None:
    with pytest.raises(NotFound) as caught:
        run(Shop(LOST, ok({}, 404)), "DELETE", "/things/7")
    assert not isinstance(caught.value, Ambiguous)


def test_a_vendor_that_was_never_reached_is_not_ambiguous() -> None:
    with pytest.raises(Unavailable) as caught:
        run(Shop(*[NOT_REACHED] * ATTEMPTS), "POST")
    assert not isinstance(caught.value, Ambiguous)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Invalid), (401, VendorError), (404, NotFound), (409, Conflict)]
)
def test_a_refusal_is_not_tried_again(status: int, kind: type[VendorError]) -> None:
    shop = Shop(ok({}, status))
    with pytest.raises(kind):
        run(shop, "GET")
    assert shop.manual.sleeps == []


def test_the_number_of_attempts_is_bounded() -> None:
    shop = Shop(*[ok({}, 503)] * ATTEMPTS)
    with pytest.raises(Unavailable) as caught:
        run(shop, "GET")
    assert not isinstance(caught.value, Ambiguous)
    assert len(shop.network.requests) == ATTEMPTS
    assert shop.manual.sleeps == [0.375, 0.75, 1.5, 3.0]


def test_the_vendors_pause_is_kept_and_said() -> None:
    shop = Shop(ok({}, 429, Retry_After="12"), ok([]))
    run(shop, "GET")
    assert shop.manual.sleeps == [12.0]
    assert shop.notices == ["waiting 12 s before asking Shop again"]


def test_a_429_without_retry_after_waits_for_the_end_of_the_window() -> None:
    shop = Shop(ok({}, 429, left="3", reset="7"), ok([]))
    run(shop, "GET")
    assert shop.manual.sleeps == [7.0]


def test_a_pause_beyond_patience_is_told_instead() -> None:
    shop = Shop(ok({"message": "slow down"}, 429, Retry_After="1800"))
    with pytest.raises(RateLimited, match=r"429: slow down. Run it again in 30 min"):
        run(shop, "GET")
    assert shop.manual.sleeps == []


def test_the_vendors_own_word_comes_first() -> None:
    assert run(Shop(ok({"retry": True}, 409), ok([1])), "GET") == [1]
    with pytest.raises(Unavailable):
        run(Shop(ok({"retry": False}, 503)), "GET")


def test_the_vendors_word_does_not_make_a_write_repeatable() -> None:
    with pytest.raises(Conflict):
        run(Shop(ok({"retry": True}, 409)), "POST")


def test_a_sandbox_that_is_down_is_told_at_once() -> None:
    shop = Shop(NOT_REACHED, url="http://127.0.0.1:4000/v1")
    with pytest.raises(Unavailable, match=r"cannot reach http://127.0.0.1:4000.*sandbox start"):
        run(shop, "GET")
    assert shop.manual.sleeps == []


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_nothing_and_never_long(attempt: int, chance: float) -> None:
    assert FIRST_PAUSE / 2 <= backoff(attempt, lambda: chance) <= LONGEST_PAUSE
