"""Reads JSON bodies as strictly as Render: unknown, missing and wrongly typed fields are refused.

A shape maps each field to a kind: a type, a tuple of allowed words, a shape for an object, or a
list with one kind for an array. None is accepted everywhere and means "not given".
"""

import json
from typing import Any

from starlette.requests import Request

from stackwright.sandbox.render.errors import InvalidError

Shape = dict[str, Any]


async def read_json(request: Request) -> Any:
    """The parsed body. Raises InvalidError."""
    try:
        return json.loads(await request.body())
    except ValueError:
        raise InvalidError("invalid JSON") from None


def check(body: Any, shape: Shape, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """`body` without its nulls. Raises InvalidError when it does not have the shape."""
    if not isinstance(body, dict):
        raise InvalidError("invalid JSON: an object is expected")
    for name in body:
        if name not in shape:
            raise InvalidError(f'invalid JSON: unknown field "{name}"')
    given = {name: value for name, value in body.items() if value is not None}
    for name in required:
        if given.get(name) in (None, ""):
            raise InvalidError(f"{name} is required")
    return {name: _value(name, value, shape[name]) for name, value in given.items()}


def items(body: Any, shape: Shape, required: tuple[str, ...]) -> list[dict[str, Any]]:
    """A body that is an array of objects; null is an empty one."""
    if body is None:
        return []
    if not isinstance(body, list):
        raise InvalidError("invalid JSON: an array is expected")
    return [check(item, shape, required) for item in body]


def _value(name: str, value: Any, kind: Any) -> Any:
    if isinstance(kind, dict):
        return check(value, kind)
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise InvalidError(f"invalid {name}: an array is expected")
        return [_value(name, item, kind[0]) for item in value]
    if isinstance(kind, tuple):
        return _word(name, value, kind)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidError(f"invalid {name}: a {kind.__name__} is expected")
    return value


def _word(name: str, value: Any, words: tuple[str, ...]) -> Any:
    if value not in words:
        raise InvalidError(f"invalid {name}: {value}")
    return value
