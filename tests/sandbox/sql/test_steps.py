"""Files without a transaction: statement by statement, continued after a stop."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from stackwright.sql.errors import LedgerConflict, StatementFailed
from stackwright.sql.limits import Limits
from tests.sandbox.sql.helpers import read_ledger, rows, run

WAITING_LONGER = """
select 1 from pg_stat_activity where query like 'create index concurrently%'
and wait_event_type = 'Lock' and clock_timestamp() - state_change > interval '50 ms'"""
HEAD = "-- stackwright: no-transaction\n"


def test_an_index_is_built_concurrently(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    (folder / "2_i.sql").write_text(HEAD + "create index concurrently i on t (a);\nvacuum t;")
    run(dsn, folder)
    assert rows(dsn, "select indisvalid from pg_index where indexrelid = 'i'::regclass") == [
        (True,)
    ]
    detail = read_ledger(dsn).details["2"]
    assert (detail.done_statements, detail.finished_at is not None) == (2, True)


def test_without_the_directive_the_error_says_how_to_go_on(dsn: str, folder: Path) -> None:
    (folder / "1_i.sql").write_text("create table t (a int);create index concurrently i on t (a);")
    with pytest.raises(StatementFailed, match="stackwright: no-transaction"):
        run(dsn, folder)


def test_a_stopped_file_continues_with_the_failed_statement(dsn: str, folder: Path) -> None:
    file = folder / "1_steps.sql"
    head = HEAD + "create table log (n int);\ninsert into log values (1);\n"
    file.write_text(head + "insert into absent values (1);")
    with pytest.raises(StatementFailed, match="the next run continues with this one") as caught:
        run(dsn, folder)
    assert (caught.value.failure.line, caught.value.failure.column) == (4, 13)
    detail = read_ledger(dsn).details["1"]
    assert detail.done_statements == 2
    assert "absent" in (detail.error or "")
    assert read_ledger(dsn).applied == {}
    file.write_text(head + "insert into log values (2);")
    run(dsn, folder)
    assert rows(dsn, "select n from log order by n") == [(1,), (2,)]
    assert read_ledger(dsn).details["1"].error is None


def test_an_edit_of_what_already_ran_is_refused(dsn: str, folder: Path) -> None:
    file = folder / "1_steps.sql"
    file.write_text(HEAD + "create table log (n int);\nselect absent;")
    with pytest.raises(StatementFailed):
        run(dsn, folder)
    file.write_text(HEAD + "create table log (n bigint);\nselect 1;")
    with pytest.raises(LedgerConflict, match="a statement that had already run was edited"):
        run(dsn, folder)


def test_an_invalid_index_is_dropped_and_built_again(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int); insert into t values (1), (1);")
    (folder / "2_i.sql").write_text(
        HEAD + "create unique index concurrently if not exists i on public.t (a);"
    )
    with pytest.raises(StatementFailed, match="23505"):
        run(dsn, folder)
    assert rows(dsn, "select indisvalid from pg_index where indexrelid = 'i'::regclass") == [
        (False,)
    ]
    rows(dsn, "delete from t")
    run(dsn, folder)
    assert rows(dsn, "select indisvalid from pg_index where indexrelid = 'i'::regclass") == [
        (True,)
    ]


def test_an_index_that_was_built_before_the_run_was_killed_is_not_built_again(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    (folder / "2_i.sql").write_text(HEAD + "create index concurrently i on t (a);\nselect 1;")
    run(dsn, folder)
    # As if the process had died after the server's answer and before its note.
    rows(
        dsn,
        "update stackwright.migrations set done_statements = 0, done_checksum = null, "
        "finished_at = null where version = '2'",
    )
    rows(dsn, "delete from supabase_migrations.schema_migrations where version = '2'")
    run(dsn, folder)
    assert sorted(read_ledger(dsn).applied) == ["1", "2"]


def test_an_index_of_somebody_else_is_not_taken_for_ours(dsn: str, folder: Path) -> None:
    rows(dsn, "create table t (a int)")
    rows(dsn, "create index i on t (a)")
    (folder / "1_i.sql").write_text(HEAD + "create index concurrently i on t (a);")
    with pytest.raises(StatementFailed, match="42P07"):
        run(dsn, folder)


def test_settings_of_a_continued_file_hold_again(dsn: str, folder: Path) -> None:
    rows(dsn, "create schema app")
    file = folder / "1_steps.sql"
    file.write_text(HEAD + "set search_path = app;\nselect 1/0;\ncreate table here (a int);")
    with pytest.raises(StatementFailed, match="22012"):
        run(dsn, folder)
    file.write_text(HEAD + "set search_path = app;\nselect 1/1;\ncreate table here (a int);")
    run(dsn, folder)
    assert rows(dsn, "select to_regclass('app.here')::text") == [("app.here",)]


def test_a_block_between_begin_and_commit_is_one_step(dsn: str, folder: Path) -> None:
    rows(dsn, "create table log (n int)")
    file = folder / "1_steps.sql"
    file.write_text(HEAD + "begin; insert into log values (1); select 1/0; commit;")
    with pytest.raises(StatementFailed, match="22012"):
        run(dsn, folder)
    assert rows(dsn, "select * from log") == []
    file.write_text(HEAD + "begin; insert into log values (1); select 1; commit;")
    run(dsn, folder)
    assert rows(dsn, "select * from log") == [(1,)]


def test_a_procedure_that_commits_runs_alone(dsn: str, folder: Path) -> None:
    rows(dsn, "create table log (n int)")
    (folder / "1_do.sql").write_text(
        HEAD + "do $$ begin insert into log values (1); commit; end $$;"
    )
    run(dsn, folder)
    assert rows(dsn, "select * from log") == [(1,)]


def test_a_concurrent_build_waits_for_writers_beyond_the_lock_limit(dsn: str, folder: Path) -> None:
    """A lock limit would end the build and leave an INVALID index."""
    rows(dsn, "create table t (a int)")
    (folder / "1_i.sql").write_text(HEAD + "create index concurrently i on t (a);")
    with ThreadPoolExecutor() as pool, psycopg.connect(dsn) as writer:
        writer.execute("insert into t values (1)")
        build = pool.submit(run, dsn, folder, limits=Limits(table_lock=0.01, statement=30))
        while not rows(dsn, WAITING_LONGER):
            assert not build.done(), build.result()
        writer.commit()
        build.result()
    assert rows(dsn, "select indisvalid from pg_index where indexrelid = 'i'::regclass") == [
        (True,)
    ]


def test_what_another_tool_reverted_runs_again_from_its_first_statement(
    dsn: str, folder: Path
) -> None:
    """`supabase migration repair --status reverted` removes the shared row and leaves ours."""
    (folder / "1_i.sql").write_text(HEAD + "create table t (a int);\nvacuum t;")
    run(dsn, folder)
    rows(dsn, "drop table t; delete from supabase_migrations.schema_migrations")
    run(dsn, folder)
    assert rows(dsn, "select to_regclass('t')::text") == [("t",)]
    assert read_ledger(dsn).details["1"].done_statements == 2
