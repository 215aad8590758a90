"""Migrations that ran twice, not at all, half, or without anybody knowing."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from stackwright.errors import NeedsApproval
from stackwright.sql.apply import Phase, Progress
from stackwright.sql.database import writing
from stackwright.sql.errors import BadMigrations, LedgerConflict, LockBusy, UnsuitableConnection
from stackwright.sql.limits import Limits
from stackwright.sql.plan import Plan
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_load import load
from tests.sandbox.sql.helpers import RUNNER, read_ledger, rows, run
from tests.sandbox.sql.test_command import answer, called

CONCURRENTLY = "-- stackwright: no-transaction\ncreate index concurrently if not exists i on t (a);"
VALID = "select indisvalid from pg_index where indexrelid = 'i'::regclass"
STUCK = """select count(*) from pg_stat_activity where datname = current_database()
and query ilike '%create index concurrently%' and wait_event_type = 'Lock'"""
SLEEPING = """select pid from pg_stat_activity
where datname = current_database() and wait_event = 'PgSleep'"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project around the folder, so that the shadow's files stay in it."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def until(dsn: str, query: str, *, of: "Future[Plan]") -> None:
    """Wait until a query finds something while a run goes on."""
    while not any(row[0] for row in rows(dsn, query)):
        assert not of.done(), of.result()


def test_a12_an_index_that_somebody_left_invalid_is_named_and_built_again(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int); insert into t values (1), (1);")
    called("apply", folder, dsn)
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows(dsn, "create unique index concurrently i on t (a)")
    rows(dsn, "delete from t")
    assert answer("status", folder, dsn)["invalid_indexes"] == [{"index": "i", "table": "t"}]

    (folder / "2_i.sql").write_text(CONCURRENTLY)
    answer("apply", folder, dsn)

    assert rows(dsn, VALID) == [(True,)]
    assert answer("status", folder, dsn)["invalid_indexes"] == []


def test_a13_a_run_that_waits_does_not_hold_up_the_index_of_the_one_that_works(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    run(dsn, folder)
    (folder / "2_i.sql").write_text(CONCURRENTLY)
    news = list[Progress]()
    with ThreadPoolExecutor() as pool, psycopg.connect(dsn) as other:
        other.execute("insert into t values (1)")
        first = pool.submit(run, dsn, folder)
        until(dsn, STUCK, of=first)
        second = pool.submit(run, dsn, folder, progress=news.append)
        while not any(item.phase is Phase.WAITING for item in news):
            assert not second.done()
        other.commit()

        assert [file.version for file in first.result().pending] == ["2"]
        assert second.result().pending == []
    assert rows(dsn, VALID) == [(True,)]


def test_a14_the_limits_hold_in_the_session_that_runs_the_file(dsn: str, folder: Path) -> None:
    (folder / "1_seen.sql").write_text(
        "create table seen as select current_setting('lock_timeout') as lock, "
        "current_setting('statement_timeout') as statement;"
    )
    run(dsn, folder, limits=Limits(table_lock=7, statement=90))
    assert rows(dsn, "select lock, statement from seen") == [("7s", "90s")]

    pooled = "postgresql://postgres.ref:x@pooler.example.com:6543/postgres"
    refused = called("apply", folder, pooled)
    assert isinstance(refused.exception, UnsuitableConnection)
    assert "pooler in transaction mode" in str(refused.exception)
    assert "session pooler (port 5432)" in str(refused.exception)


def test_a15_an_edited_applied_file_is_refused_with_the_ways_to_repair_it(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    answer("apply", folder, dsn)
    (folder / "1_t.sql").write_text("create table t (a int, b int);")
    (folder / "2_u.sql").write_text("create table u (a int);")

    refused = called("apply", folder, dsn)

    assert isinstance(refused.exception, LedgerConflict)
    for words in ("1_t.sql was edited", "git log", "a new migration", "sql repair 1"):
        assert words in str(refused.exception)
    assert rows(dsn, "select to_regclass('u')") == [(None,)]


def test_a16_silence_is_no_consent(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int); insert into t values (1);")
    answer("apply", folder, dsn)
    (folder / "2_drop.sql").write_text("drop table t;")

    refused = called("apply", folder, dsn)

    assert isinstance(refused.exception, NeedsApproval)
    assert refused.exception.exit_code == 5
    assert "2_drop.sql" in str(refused.exception)
    assert rows(dsn, "select a from t") == [(1,)]


def test_a22_a_baseline_that_does_not_replay_is_refused(dsn: str, folder: Path) -> None:
    rows(dsn, "create table made_by_hand (a int); create table t (a int)")
    (folder / "1_t.sql").write_text("create table t (a int);")
    (folder / "2_b.sql").write_text("alter table made_by_hand add b int;")

    refused = called("baseline", folder, dsn, "2")

    assert isinstance(refused.exception, BadMigrations)
    assert "every new database would fail" in str(refused.exception)
    assert "2_b.sql:1:" in str(refused.exception)
    assert read_ledger(dsn).applied == {}


def test_a23_a_failed_run_leaves_no_flag_to_force_and_repair_looks_before_it_believes(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);\nselect absent;")
    failed = called("apply", folder, dsn)
    assert "1_t.sql:2:8" in str(failed.exception)
    assert "nothing of this file was applied" in str(failed.exception)
    seen = answer("status", folder, dsn)
    assert (seen["applied"], seen["pending"], seen["problems"]) == ([], ["1_t.sql"], [])

    believed = called("repair", folder, dsn, "1", "--status", "applied")
    assert "creates t, which is not in the database" in str(believed.exception)

    (folder / "1_t.sql").write_text("create table t (a int);")
    assert answer("apply", folder, dsn)["applied"] == ["1_t.sql"]
    believed = called("repair", folder, dsn, "1", "--status", "reverted")
    assert "created t, which is still in the database" in str(believed.exception)


def test_a24_the_lock_of_a_run_that_was_ended_is_gone_with_it(dsn: str, folder: Path) -> None:
    slow = folder / "1_slow.sql"
    slow.write_text("select pg_sleep(20);")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, dsn, folder)
        until(dsn, SLEEPING, of=running)
        rows(dsn, f"select pg_terminate_backend(({SLEEPING}), 5000)")
        assert "run again" in str(running.exception())

    slow.write_text("select 1;")
    assert len(run(dsn, folder, limits=Limits(run_lock=0)).pending) == 1


def test_a30_a_file_that_was_only_read_fails_on_the_copy_first(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    answer("apply", folder, dsn)
    (folder / "2_f.sql").write_text(
        "create function f() returns int language sql as $$ select b from t $$;"
    )

    tried = called("shadow", folder, dsn)

    assert tried.exit_code == 1
    assert "2_f.sql:1:" in tried.output
    assert 'column "b" does not exist' in tried.output
    assert sorted(read_ledger(dsn).applied) == ["1"]


def test_a32_of_two_runs_at_once_one_works_and_the_other_hears_who(dsn: str, folder: Path) -> None:
    (folder / "1_slow.sql").write_text("create table once (a int); select pg_sleep(20);")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(run, dsn, folder)
        until(dsn, SLEEPING, of=first)
        with pytest.raises(LockBusy, match=r"another run holds .*stackwright .*@.*session \d+"):
            run(dsn, folder, limits=Limits(run_lock=0))
        rows(dsn, f"select pg_cancel_backend(({SLEEPING}))")
        assert first.exception() is not None
    assert read_ledger(dsn).applied == {}


def test_a33_what_is_recorded_as_loaded_was_loaded(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table codes (code text primary key, name text)")
    (tmp_path / "codes.yaml").write_text("table: public.codes\nkey: code\n")

    def loaded(text: str) -> None:
        async def once() -> None:
            (tmp_path / "codes.csv").write_text(text)
            async with writing(dsn) as database:
                await load(database, ReferenceData.load(tmp_path / "codes.csv"), RUNNER, Limits())

        asyncio.run(once())

    loaded("code,name\n1,one\n")
    loaded("code,name\n1,uno\n2,dos\n")
    assert rows(dsn, "select * from codes order by 1") == [("1", "uno"), ("2", "dos")]

    rows(dsn, "create rule deaf as on insert to codes do instead nothing")
    with pytest.raises(Exception, match="codes"):
        loaded("code,name\n1,uno\n2,dos\n3,tres\n")
    assert rows(dsn, "select rows from stackwright.reference_data") == [(2,)]
