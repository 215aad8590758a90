"""What users read when something goes wrong, and what they never read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.errors import (
    Ambiguous,
    NeedsApproval,
    Refused,
    StackwrightError,
    Unavailable,
    UserInput,
    VendorError,
    scrub,
)

SECRETS = [
    "sk_live_51Hxyz",
    "sk_test_51Hxyz",
    "rk_live_51Hxyz",
    "whsec_abcDEF123",
    "sbp_0123456789abcdef",
    "sb_secret_abc-DEF_1",
    "rnd_AbCdEf",
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "key '{}' is bad", "a={};b", "({})"])
def test_anything_shaped_like_a_key_is_taken_out(secret: str, around: str) -> None:
    assert secret[-6:] not in scrub(around.format(secret))


@given(st.from_regex(r"[A-Za-z0-9!$*_@-]{6,20}", fullmatch=True))
def test_a_password_in_an_address_is_taken_out(password: str) -> None:
    shown = scrub(f"no route to postgresql://postgres.abc:{password}@db.test:5432/postgres")
    assert shown == "no route to postgresql://postgres.abc:...@db.test:5432/postgres"


def test_a_bearer_header_is_taken_out() -> None:
    assert scrub("Authorization: Bearer abc123.def") == "Authorization: Bearer ..."


@pytest.mark.parametrize(
    "text",
    ["No such price: price_1Hx", "https://shop.test:8000/a", "pk_test_1", "rounded", "a@b.c"],
)
def test_other_words_stay(text: str) -> None:
    assert scrub(text) == text


def test_the_longest_secret_goes_first_so_that_no_tail_is_left() -> None:
    assert scrub("pass hunter2-extra", ["hunter2", "hunter2-extra"]) == "pass ..."


def test_vendor_words_are_scrubbed_wherever_they_are_kept() -> None:
    error = VendorError("Stripe", 401, message="Invalid API Key: sk_live_51Hxyz")
    assert "51Hxyz" not in str(error) + error.message + error.vendor_message + repr(error)


def test_an_error_without_an_answer_has_no_status_in_its_sentence() -> None:
    assert str(VendorError("Shop", message="cannot reach it.")) == "Shop: cannot reach it."


def test_a_scrubbed_key_at_the_end_is_still_seen_to_be_scrubbed() -> None:
    error = VendorError("Stripe", 401, message="Invalid API Key: sk_test_****1234", request_id="r")
    assert str(error) == "Stripe: 401: Invalid API Key: sk_test_... (request r)."


def test_refusals_begin_with_their_word() -> None:
    assert str(Refused("the key is live.")) == "REFUSED: the key is live."
    assert str(NeedsApproval("drop table a.")) == "NEEDS APPROVAL: drop table a."


@pytest.mark.parametrize(
    ("kind", "code"), [(StackwrightError, 1), (UserInput, 2), (Refused, 3), (NeedsApproval, 5)]
)
def test_exit_codes_are_the_documented_ones(kind: type[StackwrightError], code: int) -> None:
    assert kind.exit_code == code


def test_whoever_handles_an_unavailable_vendor_handles_an_unknown_outcome() -> None:
    assert issubclass(Ambiguous, Unavailable)
