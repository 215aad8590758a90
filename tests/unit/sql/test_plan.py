"""Files against the ledger, without a database."""

import pytest

from stackwright.sql.errors import LedgerConflict
from stackwright.sql.ledger import Detail, Ledger
from stackwright.sql.migration import Migration
from stackwright.sql.plan import Plan, Trouble, make

ONE, TWO, THREE = (Migration(str(n), "m", f"select {n}") for n in (1, 2, 3))


def ledger(*files: Migration, tables: bool = True) -> Ledger:
    details = {f.version: Detail(f.version, f.checksum, finished_at="then") for f in files}
    return Ledger({f.version: f.name for f in files}, details, True, tables)


def troubles(plan: Plan) -> list[tuple[Trouble, str]]:
    return [(problem.trouble, problem.version) for problem in plan.problems]


def test_files_that_the_ledger_lacks_are_pending_in_their_order() -> None:
    plan = make([ONE, TWO, THREE], ledger(ONE))
    assert (plan.applied, plan.pending, plan.problems) == ([ONE], [TWO, THREE], [])


def test_a_pending_file_before_an_applied_one_is_out_of_order() -> None:
    assert troubles(make([ONE, TWO], ledger(TWO))) == [(Trouble.OUT_OF_ORDER, "1")]
    assert troubles(make([ONE, TWO], ledger(TWO), allow_out_of_order=True)) == []


def test_order_is_that_of_the_list_and_not_of_the_versions() -> None:
    assert troubles(make([TWO, ONE], ledger(TWO))) == []
    assert troubles(make([TWO, ONE], ledger(ONE))) == [(Trouble.OUT_OF_ORDER, "2")]


def test_an_applied_version_without_a_file_is_missing_when_it_is_older_than_the_newest_file() -> (
    None
):
    assert troubles(make([ONE, THREE], ledger(ONE, TWO))) == [(Trouble.MISSING, "2")]


def test_newer_versions_than_any_file_are_ahead_and_no_problem() -> None:
    plan = make([ONE], ledger(ONE, TWO, THREE))
    assert (plan.ahead, plan.problems) == (["2", "3"], [])
    assert "ahead of these files by 2 (2, 3)" in plan.notes[0]


def test_history_up_to_the_baseline_needs_no_files() -> None:
    plan = make([THREE], ledger(ONE, TWO), baseline="2")
    assert (plan.history, plan.problems, plan.pending) == (["1", "2"], [], [THREE])


def test_files_up_to_the_baseline_are_recorded_where_tables_exist_and_run_where_none_do() -> None:
    grown = make([ONE, TWO], Ledger(has_tables=True), baseline="1")
    assert (grown.baseline, grown.pending) == ([ONE], [TWO])
    empty = make([ONE, TWO], Ledger(), baseline="1")
    assert (empty.baseline, empty.pending) == ([], [ONE, TWO])


def test_a_row_of_the_cli_without_a_checksum_is_taken_for_its_file() -> None:
    plan = make([ONE], Ledger({"1": "m"}, {}, True))
    assert (plan.applied, plan.problems) == ([ONE], [])


def test_every_problem_is_told_at_once() -> None:
    edited = Migration("1", "m", "select 'edited'")
    plan = make([edited, THREE], ledger(ONE, TWO))
    with pytest.raises(LedgerConflict, match=r"REFUSED: 1_m\.sql was edited.*2_m is applied"):
        plan.refuse_problems()


def test_versions_that_are_no_numbers_do_not_stop_the_plan() -> None:
    plan = make([ONE], Ledger({"init": ""}, {}, True))
    assert troubles(plan) == [(Trouble.MISSING, "init")]
