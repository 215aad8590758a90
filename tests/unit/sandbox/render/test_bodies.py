from typing import Any

import pytest

from stackwright.sandbox.render.bodies import check, items
from stackwright.sandbox.render.errors import InvalidError

SHAPE = {"name": str, "size": int, "plan": ("small", "big"), "inner": {"on": bool}, "tags": [str]}


def test_a_right_body_comes_back_without_its_nulls() -> None:
    body = {"name": "x", "size": None, "plan": "big", "inner": {"on": None}, "tags": ["a"]}
    assert check(body, SHAPE) == {"name": "x", "plan": "big", "inner": {}, "tags": ["a"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "an object is expected"),
        ({"nmae": "x"}, 'unknown field "nmae"'),
        ({"name": "x", "inner": {"off": True}}, 'unknown field "off"'),
        ({}, "name is required"),
        ({"name": ""}, "name is required"),
        ({"name": 1}, "invalid name: a str is expected"),
        ({"name": "x", "size": True}, "invalid size: a int is expected"),
        ({"name": "x", "plan": "huge"}, "invalid plan: huge"),
        ({"name": "x", "tags": "a"}, "invalid tags: an array is expected"),
        ({"name": "x", "tags": [1]}, "invalid tags: a str is expected"),
    ],
)
def test_a_wrong_body_is_refused_by_name(body: Any, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        check(body, SHAPE, ("name",))


def test_a_null_array_is_empty_and_an_object_is_none() -> None:
    assert items(None, SHAPE, ()) == []
    with pytest.raises(InvalidError, match="an array is expected"):
        items({}, SHAPE, ())
