"""Stripe's way to write nested values as a form: `metadata[k]=v`, `enabled_events[0]=...`.

https://docs.stripe.com/api (requests are form-encoded, answers are JSON)
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

CONTENT_TYPE = "application/x-www-form-urlencoded"


def encode(fields: Mapping[str, Any]) -> str:
    """The body or query for `fields`.

    `None` and an empty list become `""`, which unsets a field; a missing field stays unchanged.
    An empty map changes nothing and is left out: as `metadata=""` it would erase all keys.
    """
    return urlencode(list(pairs(fields)))


def pairs(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The flat names and values of `fields`."""
    for name, value in fields.items():
        yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]", item)
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _flat(f"{name}[{index}]", item)
    else:
        yield name, _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or value == [] or value == ():
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
