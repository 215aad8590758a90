"""Stripe's form encoding, read."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.forms import decode


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a[][b][c]=1&a[][b][c]=2", {"a": [{"b": {"c": "1"}}, {"b": {"c": "2"}}]}),
        ("a[0][b]=1", {"a": {"0": {"b": "1"}}}),
        ("a%5Bb%5D=%26+%E2%82%AC", {"a": {"b": "& €"}}),
        ("a[=1", {"a[": "1"}),
        ("a=1&a=2", {"a": "2"}),
    ],
)
def test_a_body_becomes_a_tree(text: str, tree: dict[str, Any]) -> None:
    assert decode(text) == tree


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=2&a=1", "a[]=1&a[b]=2", "a[b]=1&a[]=2"])
def test_a_name_in_two_shapes_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="two shapes"):
        decode(text)


KEYS = st.text("abcxyz_", min_size=1, max_size=5)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        st.text(max_size=8), lambda deeper: st.dictionaries(KEYS, deeper, min_size=1), max_leaves=8
    ),
)


def pairs(tree: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(tree, str):
        return [(path, tree)]
    return [
        pair
        for key, value in tree.items()
        for pair in pairs(value, f"{path}[{key}]" if path else key)
    ]


@given(TREES)
def test_what_is_encoded_is_decoded(tree: dict[str, Any]) -> None:
    assert decode(urlencode(pairs(tree))) == json.loads(json.dumps(tree))
