"""Files that wait: what for, until when, and what goes on without them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackwright.sql.errors import BadMigrations, BadSql
from stackwright.sql.ledger import Detail, Ledger
from stackwright.sql.migration import Migration, NotBefore, load
from stackwright.sql.plan import Plan, make

ONE = Migration("1", "copy", "select 1")
LATE = Migration("2", "late", "-- stackwright: not-before 30 days after 1\nselect 2")
ASKS = Migration("3", "asks", "-- stackwright: once-approved\nselect 3")
LAST = Migration("4", "last", "select 4")
DONE = "2026-11-01T12:00:00+00:00"


def plan(*applied: Migration, now: str = DONE, finished: str | None = DONE, **more: object) -> Plan:
    details = {f.version: Detail(f.version, f.checksum, finished_at=finished) for f in applied}
    names = {file.version: file.name for file in applied}
    seen = Ledger(names, details, True, True, {}, datetime.fromisoformat(now))
    return make([ONE, LATE, ASKS, LAST], seen, **more)  # type: ignore[arg-type]


def reasons(plan: Plan) -> dict[str, str]:
    return {wait.file.version: wait.reason for wait in plan.waiting}


def test_files_that_wait_are_left_out_and_named_and_the_others_go_on() -> None:
    todo = plan(ONE)
    assert todo.pending == [LAST]
    assert reasons(todo)["2"] == (
        "it is due on 2026-12-01, 30 days after 1 was applied (2026-11-01)"
    )
    assert any(note.startswith("2_late.sql waits: it is due") for note in todo.notes)


@pytest.mark.parametrize(
    ("now", "due"), [("2026-12-01T11:59:59+00:00", False), ("2026-12-01T12:00:00+00:00", True)]
)
def test_a_file_is_due_to_the_second_by_the_server_s_clock(now: str, due: bool) -> None:
    assert (LATE in plan(ONE, now=now).pending) == due


def test_a_file_is_not_due_in_the_run_that_applies_what_it_waits_for() -> None:
    assert plan().pending == [ONE, LAST]
    assert reasons(plan())["2"] == "it is due 30 days after 1, which is not applied yet"


def test_without_a_recorded_day_nothing_is_due_and_the_way_on_is_named() -> None:
    seen = Ledger({"1": "copy"}, {}, True, True, {}, datetime(2099, 1, 1, tzinfo=UTC))
    [wait] = make([ONE, LATE], seen).waiting
    assert "stackwright sql repair 1 --status applied records today" in wait.reason


def test_a_late_file_is_in_order_although_newer_ones_are_applied() -> None:
    todo = plan(ONE, LAST, now="2027-01-01T00:00:00+00:00", approved=lambda _: True)
    assert (todo.pending, todo.problems) == ([LATE, ASKS], [])


def test_a_file_that_wants_a_yes_waits_for_it() -> None:
    todo = plan(ONE, LAST)
    assert reasons(todo)["3"] == f"nobody approved it in this form (sha256 {ASKS.checksum})"
    assert plan(ONE, LAST, approved=lambda file: file == ASKS).pending == [ASKS]


def test_a_yes_does_not_make_a_file_due() -> None:
    both = Migration("2", "both", f"{LATE.text}\n-- stackwright: once-approved")
    details = {"1": Detail("1", ONE.checksum, finished_at=DONE)}
    seen = Ledger({"1": ""}, details, True, True, {}, datetime.fromisoformat(DONE))
    assert make([ONE, both], seen, approved=lambda _: True).pending == []


def test_the_directive_is_read_from_the_text() -> None:
    assert LATE.not_before == NotBefore(30, "1")
    assert (ONE.not_before, ONE.once_approved, ASKS.once_approved) == (None, False, True)


@pytest.mark.parametrize("text", ["not-before 30 days", "not-before thirty days after 1"])
def test_a_directive_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadSql, match=r"known are .*not-before DAYS days after VERSION"):
        _ = Migration("2", "x", f"-- stackwright: {text}").not_before


def test_waiting_for_what_is_no_file_before_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("-- stackwright: not-before 1 days after 2\nselect 1")
    (tmp_path / "2_b.sql").write_text("select 2")
    with pytest.raises(BadMigrations, match=r"1_a\.sql: waits for version 2, and no file before"):
        load(tmp_path)
