"""Trees of values: secrets, unknowns, and what differs between two of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.values import (
    UNKNOWN,
    Change,
    Secret,
    differences,
    has_secret,
    has_unknown,
    reveal,
    secret_texts,
    wrap_like,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_secret_never_shows_what_it_holds() -> None:
    assert "whsec" not in repr({"a": [Secret({"b": "whsec_1"})]})


def test_reveal_opens_secrets_at_any_depth() -> None:
    assert reveal({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}


def test_an_unknown_is_found_inside_a_secret() -> None:
    assert has_unknown({"a": Secret([UNKNOWN])})
    assert not has_unknown({"a": Secret(["x"])})


def test_secret_texts_are_the_strings_under_a_wrapper_only() -> None:
    tree = {"a": "plain", "b": Secret({"c": ["one", 2]}), "d": [Secret("two")]}
    assert list(secret_texts(tree)) == ["one", "two"]


def test_an_answer_is_wrapped_where_the_request_was() -> None:
    model = {"key": Secret("old"), "plain": {"a": "x"}, "list": [Secret("one")]}
    wrapped = wrap_like({"key": "new", "plain": {"a": "y"}, "list": ["two", "three"]}, model)
    assert wrapped["key"] == Secret("new")
    assert wrapped["plain"] == {"a": "y"}
    assert wrapped["list"] == [Secret("two"), Secret("three")]


def test_a_new_key_beside_a_secret_is_wrapped_too() -> None:
    assert wrap_like({"a": "1", "b": "2"}, {"a": Secret("1")})["b"] == Secret("2")


def test_what_is_wrapped_already_is_not_wrapped_twice() -> None:
    assert wrap_like(Secret("x"), Secret("y")) == Secret("x")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 2}, [Change("a", "update")]),
        ({"a": 1}, {}, [Change("a", "delete")]),
        ({}, {"a": 1}, [Change("a", "add")]),
        ({"v": {"K": "1"}}, {"v": {"K": "2", "L": "3"}}, [
            Change("v.K", "update"),
            Change("v.L", "add"),
        ]),
        ({"v": {"a.b": 1}}, {"v": {"a.b": 2}}, [Change('v["a.b"]', "update")]),
        ({"l": [1, 2]}, {"l": [1, 3]}, [Change("l[1]", "update")]),
        ({"l": [1]}, {"l": [1, 2]}, [Change("l", "update")]),
        ({"a": True}, {"a": 1}, [Change("a", "update")]),
        ({"a": Secret("x")}, {"a": "x"}, []),
        ({"a": "x"}, {"a": UNKNOWN}, [Change("a", "update")]),
    ],
)  # fmt: skip
def test_differences_name_every_leaf_that_differs(
    old: object, new: object, changes: list[Change]
) -> None:
    assert differences(old, new) == changes


def test_a_change_belongs_to_its_top_level_field() -> None:
    assert [Change(path, "add").field for path in ("a.b", "a[0]", "a")] == ["a", "a", "a"]


@given(PLAIN)
def test_a_tree_does_not_differ_from_itself(tree: object) -> None:
    assert differences(tree, tree) == []


@given(PLAIN)
def test_wrapping_changes_no_value(tree: object) -> None:
    assert reveal(wrap_like(tree, Secret(None))) == tree
    assert has_secret(wrap_like(tree, Secret(None)))
