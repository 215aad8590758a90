from typing import Any

import pytest
from starlette.datastructures import QueryParams

from stackwright.sandbox.render.errors import InvalidError
from stackwright.sandbox.render.lists import matching, page

ENTRIES = [{"id": f"id-{n}", "createdAt": f"2026-01-0{n}T00:00:00Z"} for n in range(1, 6)]


def ids(query: str) -> list[str]:
    found = page(ENTRIES, QueryParams(query), name="thing", key=lambda entry: str(entry["id"]))
    return [entry["thing"]["id"] for entry in found]


def walk(limit: int) -> list[str]:
    """Page as a client does: the last cursor until a page is empty."""
    seen: list[str] = []
    cursor = ""
    while True:
        query = QueryParams({"limit": str(limit), "cursor": cursor})
        found = page(ENTRIES, query, name="thing", key=lambda entry: str(entry["id"]))
        if not found:
            return seen
        seen += [entry["thing"]["id"] for entry in found]
        cursor = found[-1]["cursor"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_show_each_entry_once(limit: int) -> None:
    assert walk(limit) == [entry["id"] for entry in ENTRIES]


def test_without_a_limit_twenty_are_shown() -> None:
    many = [{"id": str(number)} for number in range(30)]
    assert len(page(many, QueryParams(""), name="x", key=lambda entry: str(entry["id"]))) == 20


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x"])
def test_a_limit_outside_one_to_a_hundred_is_refused(limit: str) -> None:
    with pytest.raises(InvalidError, match="invalid limit"):
        ids(f"limit={limit}")


def test_an_empty_cursor_is_the_beginning() -> None:
    assert ids("cursor=&limit=1") == ["id-1"]


SERVICES: list[dict[str, Any]] = [
    {"name": "a", "type": "web_service", "serviceDetails": {"region": "ohio"}},
    {"name": "b", "type": "static_site", "serviceDetails": {}},
]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=a", ["a"]),
        ("name=a&name=b", ["a", "b"]),
        ("name=a&type=static_site", []),
        ("region=ohio", ["a"]),
        ("", ["a", "b"]),
    ],
)
def test_filters_repeat_for_or_and_combine_for_and(query: str, names: list[str]) -> None:
    found = matching(SERVICES, QueryParams(query), ("name", "type", "region"))
    assert [service["name"] for service in found] == names


def test_entries_can_be_filtered_by_time() -> None:
    query = QueryParams("createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-04T00:00:00Z")
    assert [entry["id"] for entry in matching(ENTRIES, query, ())] == ["id-3"]
