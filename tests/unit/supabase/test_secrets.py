"""Rules about secrets, and what their digests tell."""

import pytest

from stackwright.supabase.fence import digest
from stackwright.supabase.secrets import SecretsController, _seen, _unmanaged, group_of
from stackwright.values import UNKNOWN


def paths(values: dict[str, object]) -> list[str]:
    return [problem.path for problem in SecretsController().problems({"values": values})]


@pytest.mark.parametrize(
    "name", ["SUPABASE_URL", "STACKWRIGHT_OWNER_SECRETS_WEB_1", "1A", "A-B", "", "A" * 257]
)
def test_a_name_that_supabase_or_we_cannot_take_is_a_problem(name: str) -> None:
    assert paths({name: UNKNOWN, "FINE": "x"}) == [f"values.{name}"]


def test_a_value_that_is_too_long_is_a_problem() -> None:
    assert paths({"A": "x" * 24_576}) == []
    assert paths({"A": "x" * 24_577}) == ["values.A"]


def test_a_value_that_is_not_ours_any_more_shows_as_changed() -> None:
    assert _seen("x", digest("x")) == "x"
    assert _seen("x", digest("y")) == f"changed outside: {digest('y')}"


def test_an_id_is_project_and_group_and_an_import_may_leave_the_group_out() -> None:
    assert group_of("ref/web") == ("ref", "web")
    assert group_of("ref") == ("ref", "default")


def test_unmanaged_are_all_but_ours_and_every_fence() -> None:
    assert _unmanaged(["A", "B", "STACKWRIGHT_OWNER_SECRETS_WEB_1"], ["A"]) == ["B"]


def test_a_group_claims_itself_and_each_of_its_secrets() -> None:
    inputs = {"project": "ref", "group": "web", "values": {"A": "1"}}
    assert list(SecretsController().claims(inputs)) == [
        "the secrets group web of project ref",
        "the secret A of project ref",
    ]
