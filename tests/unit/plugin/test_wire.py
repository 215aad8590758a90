"""The engine's wire format, both ways."""

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from stackwright.plugin import wire
from stackwright.plugin.wire import decode, encode
from stackwright.values import UNKNOWN, Secret

TREES = st.recursive(
    st.booleans() | st.integers(-(2**50), 2**50) | st.text() | st.just(UNKNOWN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
        | st.builds(Secret, inner)
    ),
    max_leaves=8,
)


def struct(**values: Any) -> struct_pb2.Struct:
    built = struct_pb2.Struct()
    built.update(values)
    return built


@given(st.dictionaries(st.text(), TREES, max_size=4))
def test_what_is_encoded_is_decoded_to_the_same(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def test_whole_numbers_are_integers_and_others_stay_floats() -> None:
    decoded = decode(struct(a=9900, b=0.5))
    assert decoded == {"a": 9900, "b": 0.5}
    assert isinstance(decoded["a"], int)


def test_an_entry_that_is_none_is_left_out_but_kept_inside() -> None:
    assert decode(encode({"a": None, "b": [None]})) == {"b": [None]}


@pytest.mark.parametrize("sentinel", sorted(wire.UNKNOWNS))
def test_every_sentinel_of_the_engine_is_unknown(sentinel: str) -> None:
    assert decode(struct(a={"b": [sentinel]}))["a"]["b"][0] is UNKNOWN


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ({wire.SIGNATURE: wire.SECRET, "value": {"a": 1}}, Secret({"a": 1})),
        ({wire.SIGNATURE: wire.OUTPUT, "value": "x", "secret": True}, Secret("x")),
        ({wire.SIGNATURE: wire.OUTPUT, "value": "x"}, "x"),
        ({wire.SIGNATURE: wire.OUTPUT}, UNKNOWN),
        ({wire.SIGNATURE: wire.REFERENCE, "urn": "u", "id": "srv-1"}, "srv-1"),
        ({wire.SIGNATURE: wire.REFERENCE, "urn": "u"}, UNKNOWN),
        ({"4dabf": "plain"}, {"4dabf": "plain"}),
    ],
)
def test_signed_objects_become_what_they_stand_for(value: dict[str, Any], decoded: Any) -> None:
    assert decode(struct(a=value))["a"] == decoded
