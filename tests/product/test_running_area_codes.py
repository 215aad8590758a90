"""Admins write the table of area codes: what the functions take is what the table takes."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from tests.product.helpers import Row
from tests.product.running import ANON, SERVICE_ROLE, Function, running, user

ADMIN = user("00000000-0000-4000-8000-000000000001", app_metadata={"role": "admin"})
USER = user("00000000-0000-4000-8000-000000000002", user_metadata={"role": "admin"})
ADD, UPDATE = "add-enhanced-lerg-record", "update-enhanced-lerg-record"
NEW: Row = {
    "npa": "999",
    "country_code": "US",
    "country_name": "United States",
    "category": "us-domestic",
}


@pytest.fixture(scope="module")
def functions(address: str) -> Iterator[dict[str, Function]]:
    slugs = (ADD, UPDATE, "get-npa-location")
    with ExitStack() as stack:
        yield {s: stack.enter_context(running(s, {"SUPABASE_DB_URL": address})) for s in slugs}


@pytest.fixture(autouse=True)
def _as_declared(data: psycopg.Connection[Row]) -> Iterator[None]:
    yield
    data.execute("delete from public.enhanced_lerg where npa = '999'")


def row(data: psycopg.Connection[Row], npa: str) -> Row:
    found = data.execute("select * from public.enhanced_lerg where npa = %s", (npa,)).fetchone()
    assert found is not None
    return found


def test_an_added_record_is_located_and_marked_as_manual(
    functions: dict[str, Function], data: psycopg.Connection[Row]
) -> None:
    answer = functions[ADD].post({**NEW, "confidence_score": 70}, ADMIN)
    assert answer.status_code == 201
    assert answer.json() == {
        **NEW,
        "state_province_code": None,
        "state_province_name": None,
        "confidence_score": 70,
        "source": "manual",
        "is_active": True,
    }
    located = functions["get-npa-location"].post({"npa": "999"}, ANON)
    assert located.json()["country_name"] == "United States"
    assert row(data, "999")["source"] == "manual"
    again = functions[ADD].post(NEW, SERVICE_ROLE)
    assert (again.status_code, "is there already" in again.text) == (409, True)
    assert row(data, "999")["confidence_score"] == 70


def test_a_changed_record_is_manual_from_now_on(
    functions: dict[str, Function], data: psycopg.Connection[Row]
) -> None:
    before = row(data, "670")
    changes = {"npa": "670", "confidence_score": 90, "state_province_code": None}
    answer = functions[UPDATE].post(changes, SERVICE_ROLE)
    assert answer.json()["source"] == "manual"
    after = row(data, "670")
    assert after["updated_at"] > before["updated_at"]
    kept = {"updated_at", "source", *changes}
    assert {k: v for k, v in after.items() if k not in kept} == {
        k: v for k, v in before.items() if k not in kept
    }
    assert (after["confidence_score"], after["state_province_code"]) == (90, None)
    assert functions[UPDATE].post({"npa": "998", "is_active": False}, ADMIN).status_code == 404


def test_a_record_can_be_switched_off(functions: dict[str, Function]) -> None:
    functions[ADD].post(NEW, ADMIN)
    functions[UPDATE].post({"npa": "999", "is_active": False}, ADMIN)
    assert functions["get-npa-location"].post({"npa": "999"}, ANON).status_code == 404


@pytest.mark.parametrize(("caller", "status"), [(USER, 403), (ANON, 401)])
def test_others_write_nothing(
    functions: dict[str, Function],
    data: psycopg.Connection[Row],
    caller: dict[str, str],
    status: int,
) -> None:
    before = data.execute("select * from public.enhanced_lerg order by npa").fetchall()
    assert functions[ADD].post(NEW, caller).status_code == status
    assert functions[UPDATE].post({"npa": "212", "is_active": False}, caller).status_code == status
    assert data.execute("select * from public.enhanced_lerg order by npa").fetchall() == before


RULES: list[tuple[str, Any, bool]] = [
    ("npa", "999", True),
    ("npa", "99", False),
    ("npa", "9999", False),
    ("npa", "99a", False),
    ("npa", "999\n", False),
    ("npa", None, False),
    ("country_code", "US", True),
    ("country_code", None, False),
    ("country_name", "Åland ' \" \\ 東", True),
    ("country_name", None, False),
    ("state_province_code", None, True),
    ("state_province_name", "New York", True),
    *(("category", name, True) for name in ("us-domestic", "canadian", "caribbean")),
    *(("category", name, True) for name in ("us-territory", "pacific")),
    ("category", "Pacific", False),
    ("category", "asian", False),
    ("category", None, False),
    ("confidence_score", 0, True),
    ("confidence_score", 100, True),
    ("confidence_score", -1, False),
    ("confidence_score", 101, False),
    ("confidence_score", None, False),
    ("is_active", False, True),
    ("is_active", None, False),
]


@pytest.mark.parametrize(("field", "value", "fine"), RULES)
def test_the_functions_take_what_the_table_takes(
    functions: dict[str, Function],
    data: psycopg.Connection[Row],
    field: str,
    value: Any,
    fine: bool,
) -> None:
    record = {**NEW, field: value}
    assert taken_by_the_table(data, record) is fine
    assert functions[ADD].post(record, ADMIN).status_code == (201 if fine else 400)
    if field != "npa":
        changes = {"npa": "999" if fine else "212", field: value}
        assert functions[UPDATE].post(changes, ADMIN).status_code == (200 if fine else 400)
    if fine:
        assert row(data, "999")[field] == value


def taken_by_the_table(data: psycopg.Connection[Row], record: Row) -> bool:
    columns = ", ".join(record)
    values = ", ".join(f"%({name})s" for name in record)
    insert = f"insert into public.enhanced_lerg ({columns}) values ({values})"
    try:
        with data.transaction(force_rollback=True):
            data.execute(insert.encode(), record)
    except (psycopg.errors.CheckViolation, psycopg.errors.NotNullViolation):
        return False
    return True
