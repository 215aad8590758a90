"""Declared parameters: what is read, what is refused, and in which words."""

from typing import Any

import pytest

from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter, UnknownParameters
from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Array,
    Boolean,
    Decimal,
    Either,
    Field,
    Integer,
    Mapping,
    Metadata,
    Number,
    Text,
    choice,
    not_emulated,
    operation,
    record,
)


@pytest.mark.parametrize(
    ("field", "node", "value"),
    [
        (Text(), "x", "x"),
        (Text(unset=True), "", None),
        (Integer(), "-5", -5),
        (Number(), "25.5", 25.5),
        (Decimal(), "10.50", "10.5"),
        (Decimal(), "100", "100"),
        (Boolean(), "false", False),
        (choice("a", "b"), "b", "b"),
        (Array(of=Integer()), {"1": "20", "0": "10"}, [10, 20]),
        (Array(of=Integer()), ["1", "2"], [1, 2]),
        (Array(of=Text(), unset=True), "", []),
        (Mapping(of=Integer()), {"usd": "1"}, {"usd": 1}),
        (Metadata(), {"a": "1", "b": ""}, {"a": "1", "b": ""}),
        (Metadata(), "", None),
        (SPAN, "5", 5),
        (SPAN, {"gte": "5"}, {"gte": 5}),
        (Either(first=Integer(), second=choice("inf")), "inf", "inf"),
        (record(a=record(b=Integer())), {"a": {"b": "1"}}, {"a": {"b": 1}}),
    ],
)
def test_a_value_is_read_as_its_type(field: Field, node: Any, value: Any) -> None:
    assert field.read(node, "p") == value


@pytest.mark.parametrize(
    ("field", "node", "message"),
    [
        (Text(), "", "You passed an empty string for 'p'."),
        (Text(limit=3), "abcd", "at most 3 characters"),
        (Text(pattern="[a-z]+"), "A", "Invalid p: A"),
        (Text(), {"a": "1"}, "must not be a hash"),
        (Integer(), "1.5", "Invalid integer: 1.5"),
        (Integer(), "9" * 30, "Invalid integer"),
        (Integer(low=1), "0", "greater than or equal to 1"),
        (Number(high=100), "100.1", "less than or equal to 100"),
        (Number(), "ten", "Invalid decimal: ten"),
        (Decimal(), "1.1234567890123", "Invalid decimal"),
        (Boolean(), "yes", "Invalid boolean: yes"),
        (choice("a", "b"), "c", "Invalid p: must be a or b"),
        (choice("a", "b", "c"), "d", "Invalid p: must be one of a, b, or c"),
        (Array(of=Text()), "x", "Invalid array"),
        (Array(of=Text(), limit=1), ["1", "2"], "exceeded maximum 1"),
        (record(a=Text()), "x", "Invalid object"),
        (Metadata(), {"k" * 41: "v"}, "under 40 characters"),
        (Metadata(), {"k": "v" * 501}, "up to 500 characters"),
        (Metadata(), {str(n): "v" for n in range(51)}, "at most 50 keys"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(field: Field, node: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message.replace("(", r"\(")) as refusal:
        field.read(node, "p")
    assert (refusal.value.param or "").startswith(("p", "metadata["))


def test_nested_names_are_given_as_stripe_writes_them() -> None:
    fields = operation(recurring=record(interval=choice("day", required=True)))
    with pytest.raises(MissingParameter, match=r"recurring\[interval\]"):
        fields.read({"recurring": {}}, "")
    with pytest.raises(UnknownParameters, match=r"unknown parameter: recurring\[x\]"):
        fields.read({"recurring": {"interval": "day", "x": "1"}}, "")


def test_parameters_that_exclude_each_other_are_refused_together() -> None:
    fields = operation(("a", "b"), a=Text(), b=Text())
    with pytest.raises(InvalidRequest, match="only specify one of these parameters: a, b") as error:
        fields.read({"a": "1", "b": "2"}, "")
    assert error.value.code == "parameters_exclusive"


def test_a_parameter_that_is_not_emulated_is_no_unknown_one() -> None:
    with pytest.raises(InvalidRequest) as error:
        operation(**not_emulated("tax")).read({"tax": {"a": "b"}}, "")
    assert error.value.code == "sandbox_not_emulated"


def test_every_operation_takes_expand() -> None:
    assert operation().read({"expand": ["a"]}, "") == {"expand": ["a"]}
