"""Every failure of the network becomes a named error that says what, where and what to do."""

import asyncio

import httpx
import pytest

from stackwright import errors
from stackwright.errors import Conflict, Invalid, NotFound, Unauthorized, Unavailable, VendorError
from stackwright.http.errors import BY_STATUS, kind_of
from stackwright.http.retry import ATTEMPTS
from tests.unit.http.network import Answer, ok
from tests.unit.http.shop import KEY, Shop


def failure(*answers: Answer, method: str = "GET", **request: object) -> VendorError:
    with pytest.raises(VendorError) as caught:
        asyncio.run(Shop(*answers).ask(method, "/things", **request))
    return caught.value


def test_every_status_but_success_has_an_error_and_every_refusal_a_named_one() -> None:
    assert {kind_of(status) for status in range(300, 400)} == {VendorError}
    named = [kind_of(status) for status in range(400, 600)]
    assert VendorError not in named


def test_every_vendor_error_is_reached_from_a_status() -> None:
    named: list[object] = list(vars(errors).values())
    leaves = {one for one in named if isinstance(one, type) and issubclass(one, VendorError)}
    reached = {kind_of(status) for status in range(300, 600)}
    # What a lost write turns into is decided by the retry layer, not by a status.
    assert leaves - reached == {errors.Ambiguous}
    assert set(BY_STATUS.values()) <= reached


LOWER_LAYER: list[object] = list(vars(httpx).values())
FAILURES = [
    one for one in LOWER_LAYER if isinstance(one, type) and issubclass(one, httpx.RequestError)
]


@pytest.mark.parametrize("kind", FAILURES)
def test_every_failure_of_the_lower_layer_is_mapped(kind: type[httpx.RequestError]) -> None:
    error = failure(*[kind("low level words")] * ATTEMPTS)
    assert isinstance(error, Unavailable)
    assert kind.__name__ in str(error)
    assert "low level words" not in str(error)


def test_the_sentence_says_what_where_and_what_to_do() -> None:
    error = failure(
        ok({"message": "No thing 7.", "code": "gone", "id": "req-9"}, 404), params={"a": "b"}
    )
    assert isinstance(error, NotFound)
    assert str(error) == "Shop GET /things: 404 gone: No thing 7 (request req-9). Look again."


def test_advice_for_a_code_comes_before_advice_for_a_status() -> None:
    assert str(failure(ok({"code": "sold_out"}, 404))).endswith("Come tomorrow.")


def test_a_code_can_mean_a_conflict_whatever_its_status() -> None:
    assert isinstance(failure(ok({"code": "taken"}, 400)), Conflict)


def test_the_request_id_is_found_in_the_headers() -> None:
    assert failure(ok({}, 400, X_Request_Id="req-1")).request_id == "req-1"


def test_the_vendor_repeating_our_key_does_not_show_it() -> None:
    error = failure(ok({"message": f"bad key {KEY}"}, 401))
    assert isinstance(error, Unauthorized)
    assert KEY not in str(error)


def test_the_vendor_repeating_a_secret_value_does_not_show_it() -> None:
    words = {"message": "value hunter22 of STRIPE is too short, not abc"}
    body = [{"key": "STRIPE", "value": "hunter22"}, {"key": "X", "value": "abc"}]
    error = failure(ok(words, 400), method="POST", json={"envVars": body})
    assert isinstance(error, Invalid)
    assert error.vendor_message == "value ... of STRIPE is too short, not abc"


def test_a_long_page_instead_of_an_answer_is_cut() -> None:
    assert len(str(failure(httpx.Response(404, text="x" * 100_000)))) < 1000


def test_a_redirect_is_not_followed_and_not_taken_for_success() -> None:
    assert failure(httpx.Response(302, headers={"Location": "https://else.test"})).status == 302


def test_an_answer_that_breaks_off_is_a_lost_answer() -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"{"
            raise httpx.ReadError("reset")

    error = failure(httpx.Response(200, stream=Broken()), method="POST")
    assert isinstance(error, errors.Ambiguous)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-4", 0.0),
        ("soon", None),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert failure(ok({}, 400, Retry_After=header)).retry_after == seconds
