"""What must never be built into a browser's bundle."""

import base64
import json

import pytest

from stackwright.render import public_variables
from stackwright.values import UNKNOWN


def jwt(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJl"


def found(values: dict[str, object]) -> list[str]:
    return [problem.path for problem in public_variables.problems("values", values)]


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_51H",
        "rk_test_51H",
        "whsec_abc",
        "sbp_0123",
        "sb_secret_0123",
        "rnd_0123",
        "postgresql://postgres:x@db/postgres",
        "url=postgres://db",
        jwt("service_role"),
    ],
)
def test_a_secret_value_in_a_public_variable_is_found(value: str) -> None:
    assert found({"VITE_X": value}) == ["values.VITE_X"]
    assert found({"X": value}) == []


@pytest.mark.parametrize(
    "name", ["VITE_STRIPE_SECRET_KEY", "NEXT_PUBLIC_SERVICE_ROLE", "VITE_DB_PASSWORD"]
)
def test_a_secret_name_of_a_public_variable_is_found(name: str) -> None:
    assert found({name: UNKNOWN}) == [f"values.{name}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VITE_STRIPE_PUBLISHABLE_KEY", "pk_live_51H"),
        ("VITE_SUPABASE_ANON_KEY", jwt("anon")),
        ("VITE_PASSWORD_RESET_URL", "https://shop.test/reset"),
        ("VITE_TITLE", "eyJ.not.a-token"),
        ("VITE_PRICE", UNKNOWN),
    ],
)
def test_what_every_visitor_may_read_is_let_through(name: str, value: object) -> None:
    assert found({name: value}) == []


def test_a_problem_gives_advice_and_no_value() -> None:
    (problem,) = public_variables.problems("values", {"VITE_X": "sk_live_51H"})
    assert "edge functions' secrets" in str(problem)
    assert "51H" not in str(problem)
