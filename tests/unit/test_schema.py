"""Fields that are declared once: types, marks, defaults, problems."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import schema
from stackwright.schema import Input, default, doc, nested, replaces, undiffed
from stackwright.values import UNKNOWN, Secret


@nested
class Rule(TypedDict):
    path: str
    status: NotRequired[int]


class Inputs(TypedDict):
    name: Input[Annotated[str, Field(min_length=2), replaces, doc("Its name.")]]
    plan: NotRequired[Input[Annotated[Literal["free", "pro"], default("free")]]]
    values: NotRequired[Input[Annotated[Mapping[str, Input[str]], schema.secret]]]
    rules: NotRequired[Input[Sequence[Rule]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed]]]


def said(**values: Any) -> list[str]:
    return [str(problem) for problem in schema.problems(Inputs, values)]


def test_marks_and_presence_are_read_off_the_declaration() -> None:
    fields = schema.fields(Inputs)
    assert list(fields) == ["name", "plan", "values", "rules", "adopt"]
    assert [name for name, field in fields.items() if field.required] == ["name"]
    assert fields["name"].has(replaces)
    assert fields["name"].value_of("doc") == "Its name."
    assert fields["values"].has(schema.secret)
    assert fields["adopt"].has(undiffed)


def test_defaults_fill_what_is_left_out_and_nothing_else() -> None:
    assert schema.with_defaults(Inputs, {"name": "ab", "adopt": None}) == {
        "name": "ab",
        "plan": "free",
    }
    assert schema.with_defaults(Inputs, {"plan": "pro"})["plan"] == "pro"


def test_right_inputs_have_no_problems() -> None:
    assert said(name="shop", values={"A": Secret("x")}, rules=[{"path": "/"}], adopt=True) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "name: is required and was not given"),
        ({"name": "ab", "nmae": "x"}, "nmae: unknown input; the inputs are name, plan"),
        ({"name": 1}, "name: input should be a valid string"),
        ({"name": "a"}, "name: string should have at least 2 characters"),
        ({"name": "ab", "plan": "huge"}, "plan: input should be 'free' or 'pro'"),
        ({"name": "ab", "values": {"A": 1}}, "values.A: input should be a valid string"),
        ({"name": "ab", "rules": [{"path": "/", "stauts": 1}]}, "rules[0].stauts: extra inputs"),
        ({"name": "ab", "rules": [{"path": "/"}, {}]}, "rules[1].path: field required"),
    ],
)
def test_a_problem_names_its_path(values: dict[str, Any], words: str) -> None:
    (problem,) = said(**values)
    assert problem.startswith(words)


def test_a_problem_never_shows_a_value() -> None:
    assert "sk_live_1" not in str(said(name="ab", values={"A": Secret(["sk_live_1"])}))


def test_what_is_unknown_is_no_problem_but_what_is_known_beside_it_is() -> None:
    assert said(name=UNKNOWN, values={"A": UNKNOWN}, rules=UNKNOWN) == []
    assert said(name="ab", values={"A": UNKNOWN, "B": 1}) == [
        "values.B: input should be a valid string"
    ]


def test_settled_inputs_leave_out_what_is_unknown_but_keep_maps() -> None:
    values = {"name": UNKNOWN, "values": {"A": UNKNOWN, "B": Secret("x")}, "rules": [UNKNOWN]}
    assert schema.settled(values) == {"values": {"A": UNKNOWN, "B": "x"}}
