"""Nested values as a form, and back."""

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.stripe.form import encode

names = st.text("abcdefgh_ 0123456789.-\u00e9&=+", min_size=1, max_size=8)
scalars = st.text(max_size=12) | st.integers() | st.booleans()
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(names, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def decode(body: str) -> Any:
    """An independent reader: bracketed names to nested maps, whose keys are all strings."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body)):
        first, *rest = re.findall(r"^[^\[]+|(?<=\[)[^\]]*(?=\])", name)
        node, key = root, first
        for part in rest:
            node, key = node.setdefault(key, {}), part
        assert key not in node, f"{name} is there twice"
        node[key] = value
    return root


def as_strings(value: Any) -> Any:
    """What a form can hold of `value`: strings, and maps instead of lists."""
    if isinstance(value, dict):
        return {key: as_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(index): as_strings(item) for index, item in enumerate(value)}
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(st.dictionaries(names, trees, max_size=5))
def test_whatever_is_encoded_can_be_read_back(fields: dict[str, Any]) -> None:
    assert decode(encode(fields)) == as_strings(fields)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"active": True, "livemode": False}, "active=true&livemode=false"),
        ({"metadata": {"k": "v w"}}, "metadata%5Bk%5D=v+w"),
        ({"items": [{"price": "p"}]}, "items%5B0%5D%5Bprice%5D=p"),
        ({"description": None}, "description="),
        ({"images": []}, "images="),
        ({"images": ()}, "images="),
        ({"unit_amount": 0}, "unit_amount=0"),
        ({}, ""),
    ],
)
def test_values_are_written_as_stripe_reads_them(fields: dict[str, Any], body: str) -> None:
    assert encode(fields) == body


def test_an_empty_map_does_not_erase_metadata() -> None:
    assert encode({"name": "a", "metadata": {}}) == "name=a"
