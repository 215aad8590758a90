"""Tokens: what we sign verifies, everything else does not."""

import base64
import json

import pytest

from stackwright.sandbox.supabase import tokens

SECRET = "a secret of the project"


def test_a_signed_token_verifies_until_it_expires() -> None:
    token = tokens.sign({"role": "anon", "exp": 100}, SECRET)
    assert tokens.verify(token, SECRET, 99.0)["role"] == "anon"
    with pytest.raises(tokens.InvalidTokenError, match="expired"):
        tokens.verify(token, SECRET, 100.0)


def test_the_example_of_the_standard_s_tools_verifies() -> None:
    # Made by another implementation (the first example of https://jwt.io).
    token = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    )
    claims = tokens.verify(token, "your-256-bit-secret", 0.0)
    assert claims == {"sub": "1234567890", "name": "John Doe", "iat": 1516239022}


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    _, payload, signature = tokens.sign({"role": "service_role"}, SECRET).split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
    with pytest.raises(tokens.InvalidTokenError):
        tokens.verify(f"{header}.{payload}.{signature}", SECRET, 0.0)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "é.é.é", "W10.W10.W10", "e30.e30.é"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(tokens.InvalidTokenError):
        tokens.verify(token, SECRET, 0.0)


def test_the_legacy_keys_name_their_project_and_role() -> None:
    key = tokens.legacy_key("r" * 20, "service_role", SECRET, 1_000.5)
    claims = tokens.verify(key, SECRET, 1_001.0)
    assert claims["ref"] == "r" * 20
    assert claims["role"] == "service_role"
    assert claims["iss"] == "supabase"
