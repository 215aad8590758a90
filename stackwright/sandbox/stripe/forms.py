"""Decode Stripe's form bodies and query strings: `a[b][c]=1`, `a[0]=x`, `a[]=x`.

The result is a tree of `str`, `list` and `dict`. An indexed array (`a[0]`, `a[1]`) stays a dict
with digit keys, because only the parameter's declaration tells an array from a hash.
Source: https://docs.stripe.com/api (form-encoded request bodies).
"""

import re
from typing import TypeAlias
from urllib.parse import parse_qsl

from stackwright.sandbox.stripe.errors import InvalidRequest

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")


def decode(text: str) -> dict[str, Node]:
    """Turn an encoded body or query into a tree; raises `InvalidRequest` for clashing names."""
    tree: dict[str, Node] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _insert(tree, _steps(name), value, name)
    return tree


def _steps(name: str) -> list[str]:
    """`a[b][]` -> `["a", "b", ""]`; a name that does not parse is kept whole (and is unknown)."""
    match = _NAME.fullmatch(name)
    return [match[1], *_STEP.findall(match[2])] if match else [name]


def _insert(tree: dict[str, Node], steps: list[str], value: str, name: str) -> None:
    head, rest = steps[0], steps[1:]
    if not rest:
        if isinstance(tree.get(head, ""), dict | list):
            raise _two_shapes(name)
        tree[head] = value
    elif rest[0] == "":
        _append(_array(tree, head, name), rest[1:], value, name)
    else:
        _insert(_hash(tree, head, name), rest, value, name)


def _hash(tree: dict[str, Node], key: str, name: str) -> dict[str, Node]:
    child = tree.setdefault(key, {})
    if not isinstance(child, dict):
        raise _two_shapes(name)
    return child


def _array(tree: dict[str, Node], key: str, name: str) -> list[Node]:
    child = tree.setdefault(key, [])
    if not isinstance(child, list):
        raise _two_shapes(name)
    return child


def _two_shapes(name: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid request: {name} is given in two shapes", param=name)


def _append(items: list[Node], rest: list[str], value: str, name: str) -> None:
    """`a[][b]` starts a new element whenever the last one already holds that key."""
    if not rest:
        items.append(value)
        return
    last = items[-1] if items else None
    if not isinstance(last, dict) or _holds(last, rest):
        last = {}
        items.append(last)
    _insert(last, rest, value, name)


def _holds(element: dict[str, Node], steps: list[str]) -> bool:
    child = element.get(steps[0])
    if len(steps) == 1 or steps[1] == "":
        return child is not None and len(steps) == 1
    return isinstance(child, dict) and _holds(child, steps[1:])
