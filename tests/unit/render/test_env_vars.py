"""Rules about names of variables, and who they belong to."""

import pytest

from stackwright.render.env_vars import EnvVarsController, _foreign, _imported, _unmanaged
from stackwright.values import UNKNOWN, Secret


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("STACKWRIGHT_OWNER", "reserved"),
        ("STACKWRIGHT_ENV_OWNER", "reserved"),
        ("A=B", "no name"),
        (" A", "no name"),
        ("", "no name"),
    ],
)
def test_a_name_that_render_or_we_cannot_take_is_a_problem(name: str, words: str) -> None:
    (problem,) = EnvVarsController().problems({"values": {name: UNKNOWN, "FINE": "x"}})
    assert problem.path == f"values.{name}"
    assert words in problem.message


def test_what_somebody_set_to_something_else_is_foreign() -> None:
    assert _foreign({"A": "1", "B": "2"}, {"A": "1", "B": "3", "C": "4"}) == ["B"]


def test_unmanaged_are_all_but_ours_and_our_marks() -> None:
    found = {"A": "1", "B": "2", "STACKWRIGHT_OWNER": "x", "STACKWRIGHT_ENV_OWNER": "y"}
    assert _unmanaged(found, ["A"]) == ["B"]


def test_imported_values_are_secret_unless_every_visitor_reads_them_anyway() -> None:
    found = {"VITE_A": "1", "B": "2", "STACKWRIGHT_OWNER": "x"}
    assert _imported(found) == {"VITE_A": "1", "B": Secret("2")}
