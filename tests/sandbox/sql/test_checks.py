"""Checks on a real server."""

import asyncio
from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.sql import checks
from stackwright.sql.checks import Result
from stackwright.sql.database import reading
from stackwright.sql.errors import BadSql
from tests.sandbox.sql.helpers import rows


def results(dsn: str, folder: Path) -> list[Result]:
    async def once() -> list[Result]:
        async with reading(dsn) as database:
            return await checks.run(database, checks.load(folder))

    return asyncio.run(once())


def test_the_header_of_a_check_is_read(folder: Path) -> None:
    (folder / "a.sql").write_text(
        "-- check: V5 users: all there\n-- after: reference_data\n-- severity: warn\n"
        "-- covers: R14, R15\nselect 1;\n"
    )
    (folder / "b_plain.sql").write_text("select 1")
    [first, second] = checks.load(folder)
    assert (first.id, first.title, first.after) == ("V5", "users: all there", "reference_data")
    assert (first.severity, first.covers) == ("warn", ("R14", "R15"))
    assert (second.id, second.title, second.severity) == ("b_plain", "", "error")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- severity: fatal\nselect 1", "severity is error or warn"),
        ("-- reads: nothing\nselect 1", "reads is rows or schema, not 'nothing'"),
        ("select 1; select 2", "one query, and the file holds 2"),
        ("-- nothing", "one query, and the file holds 0"),
    ],
)
def test_a_bad_check_is_refused(folder: Path, text: str, complaint: str) -> None:
    (folder / "a.sql").write_text(text)
    with pytest.raises(UserInput, match=complaint):
        checks.load(folder)


def test_two_checks_with_one_id_are_refused(folder: Path) -> None:
    for name in ("a.sql", "b.sql"):
        (folder / name).write_text("-- check: V1 one\nselect 1")
    with pytest.raises(UserInput, match=r"V1 is also in a\.sql"):
        checks.load(folder)


def test_no_row_passes_and_rows_are_told(dsn: str, folder: Path) -> None:
    (folder / "1_pass.sql").write_text("select 1 where false")
    (folder / "2_rows.sql").write_text(
        "select format('row %s', n) as problem from generate_series(1, 9) n"
    )
    (folder / "3_warn.sql").write_text("-- severity: warn\nselect 1 as a, 2 as b")
    (folder / "4_true.sql").write_text("select 1 = 1")
    (folder / "5_false.sql").write_text("select 1 = 2 as equal")
    assert [(r.passed, r.fatal) for r in results(dsn, folder)] == [
        (True, False), (False, True), (False, False), (True, False), (False, True),
    ]  # fmt: skip
    said = [str(result) for result in results(dsn, folder)]
    assert said[1] == (
        "failed: 2_rows: 9 rows: row 1; row 2; row 3; row 4; row 5; ... (2_rows.sql)"
    )
    assert said[2] == "warning: 3_warn: 1 row: a = 1, b = 2 (3_warn.sql)"


def test_a_query_that_the_server_refuses_is_a_failed_check_and_the_next_still_runs(
    dsn: str, folder: Path
) -> None:
    (folder / "1_absent.sql").write_text("select * from absent")
    (folder / "2_pass.sql").write_text("select 1 where false")
    first, second = results(dsn, folder)
    assert first.fatal
    assert first.error == 'relation "absent" does not exist'
    assert second.passed


@pytest.mark.parametrize(
    "query", ["create table t (a int)", "with gone as (delete from keep returning 1) select 1"]
)
def test_a_check_cannot_write(dsn: str, folder: Path, query: str) -> None:
    rows(dsn, "create table keep (a int)")
    rows(dsn, "insert into keep values (1)")
    (folder / "1_write.sql").write_text(query)
    [result] = results(dsn, folder)
    assert "read-only transaction" in result.error
    assert rows(dsn, "select * from keep") == [(1,)]


def test_a_read_only_database_takes_one_statement_at_a_time(dsn: str) -> None:
    async def once() -> None:
        async with reading(dsn) as database:
            await database.query("commit; create table t (a int)")

    with pytest.raises(BadSql, match="one statement is expected"):
        asyncio.run(once())
