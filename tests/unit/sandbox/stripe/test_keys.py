"""API keys: taken from the header, told apart, never shown whole."""

import pytest

from stackwright.sandbox.stripe.errors import Unauthorized
from stackwright.sandbox.stripe.keys import key_from, masked


@pytest.mark.parametrize(
    ("header", "key"),
    [("Bearer sk_a", "sk_a"), ("bearer  sk_a", "sk_a"), ("Basic c2tfYTo=", "sk_a")],
)
def test_a_key_is_taken_from_both_schemes(header: str, key: str) -> None:
    assert key_from(header) == key


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Digest x"])
def test_a_header_without_a_key_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthorized, match="You did not provide an API key"):
        key_from(header)


def test_a_masked_key_keeps_its_ends() -> None:
    assert masked("sk_test_" + "x" * 20 + "1234") == "sk_test_" + "*" * 20 + "1234"
    assert masked("short") == "*****"
