"""Stripe's lists: newest first, `limit`, `starting_after`, `ending_before`, `has_more`.

Source: https://docs.stripe.com/api/pagination.
"""

from stackwright.sandbox.stripe.errors import NotFound
from stackwright.sandbox.stripe.mode import NOUNS, Mode, Object, Params

DEFAULT_LIMIT = 10


def page(mode: Mode, kind: str, params: Params, url: str, filters: Params | None = None) -> Object:
    """A page of the objects whose fields equal `filters` (None = do not filter) and whose
    `created` lies within the parameter of that name."""
    return cut(matching(mode, kind, params, filters or {}), params, url, kind)


def matching(mode: Mode, kind: str, params: Params, filters: Params) -> list[Object]:
    """All the objects that `page` takes its page from, newest first."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    things = mode.where(kind, **wanted)
    return [thing for thing in things if within(thing["created"], params.get("created", {}))]


def cut(things: list[Object], params: Params, url: str, kind: str) -> Object:
    """The page that the paging parameters ask for; `things` are newest first."""
    limit = params.get("limit", DEFAULT_LIMIT)
    if "ending_before" in params:
        rest = things[: _position(things, params["ending_before"], "ending_before", kind)]
        return _list(rest[-limit:], url, has_more=len(rest) > limit)
    if "starting_after" in params:
        things = things[_position(things, params["starting_after"], "starting_after", kind) + 1 :]
    return _list(things[:limit], url, has_more=len(things) > limit)


def whole(things: list[Object], url: str) -> Object:
    """All the things as the list that an object carries inside."""
    return _list(things, url, has_more=False)


def within(moment: int, span: int | dict[str, int]) -> bool:
    """Whether a timestamp equals the number or obeys `gt`, `gte`, `lt`, `lte`."""
    if isinstance(span, int):
        return moment == span
    tests = {
        "gt": lambda bound: moment > bound,
        "gte": lambda bound: moment >= bound,
        "lt": lambda bound: moment < bound,
        "lte": lambda bound: moment <= bound,
    }
    return all(tests[name](bound) for name, bound in span.items())


def _position(things: list[Object], name: str, param: str, kind: str) -> int:
    for position, thing in enumerate(things):
        if thing["id"] == name:
            return position
    raise NotFound(NOUNS.get(kind, kind), name, param=param, referenced=True)


def _list(things: list[Object], url: str, *, has_more: bool) -> Object:
    return {"object": "list", "data": things, "has_more": has_more, "url": url}
