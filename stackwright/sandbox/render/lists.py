"""Render's lists: bare arrays of `{<thing>: ..., cursor}`, pages by `limit` and `cursor`."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import QueryParams

from stackwright.sandbox.render.errors import InvalidError

Item = dict[str, Any]
_DEFAULT, _MOST = 20, 100
_TIMES = {
    f"{field}{side}": (f"{field}At", side)
    for field in ("created", "updated", "finished")
    for side in ("Before", "After")
}


def page(
    entries: Iterable[Item], query: QueryParams, *, name: str, key: Callable[[Item], str]
) -> list[Item]:
    """One page of `entries`, each wrapped under `name` with its cursor; `key` makes it unique."""
    rest = list(entries)
    cursor = query.get("cursor")
    if cursor:
        places = [place for place, entry in enumerate(rest) if _cursor(key(entry)) == cursor]
        if not places:
            _check_cursor(cursor)
        rest = rest[places[0] + 1 :] if places else []
    return [{name: entry, "cursor": _cursor(key(entry))} for entry in rest[: limit(query)]]


def limit(query: QueryParams) -> int:
    """The asked length of a page. Raises InvalidError."""
    text = query.get("limit") or str(_DEFAULT)
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise InvalidError(f"invalid limit: must be between 1 and {_MOST}")
    return int(text)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _check_cursor(cursor: str) -> None:
    try:
        base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise InvalidError("invalid cursor") from None


def matching(entries: Iterable[Item], query: QueryParams, fields: Iterable[str]) -> list[Item]:
    """The entries whose fields have one of the asked values; repeated parameters mean "or"."""
    wanted = {field: set(query.getlist(field)) for field in fields if query.getlist(field)}
    return [
        entry
        for entry in entries
        if all(_field(entry, field) in values for field, values in wanted.items())
        and _in_time(entry, query)
    ]


def _field(entry: Item, field: str) -> Any:
    return entry.get(field, entry.get("serviceDetails", {}).get(field))


def _in_time(entry: Item, query: QueryParams) -> bool:
    """Times are ISO 8601 in UTC, so that they compare as text."""
    for parameter, (field, side) in _TIMES.items():
        asked, value = query.get(parameter), entry.get(field)
        if not asked:
            continue
        if value is None or (value >= asked if side == "Before" else value <= asked):
            return False
    return True
