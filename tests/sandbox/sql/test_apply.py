"""Migrations on a real server: what is applied, what is refused, what is left after a failure."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from stackwright.clock import ManualClock
from stackwright.postgres.server import Postgres
from stackwright.sql import ledger, lock
from stackwright.sql.apply import Options, Phase, Progress, apply
from stackwright.sql.database import writing
from stackwright.sql.errors import (
    BadSql,
    DatabaseRefused,
    LedgerConflict,
    LockBusy,
    StatementFailed,
)
from stackwright.sql.limits import Limits
from stackwright.sql.migration import load
from stackwright.sql.record import Runner
from tests.sandbox.sql.helpers import RUNNER, read_ledger, rows, run

QUICK = Limits(run_lock=3, table_lock=0.05, attempts=3)


def test_pending_files_are_applied_once_and_recorded_in_both_ledgers(
    dsn: str, folder: Path
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);\ninsert into one values (1);\n")
    (folder / "2_two.sql").write_text("create table two (id int); -- no line end")
    assert [m.version for m in run(dsn, folder).pending] == ["1", "2"]
    assert run(dsn, folder).pending == []
    assert rows(dsn, "select * from one") == [(1,)]
    assert rows(dsn, "select * from supabase_migrations.schema_migrations order by 1") == [
        ("1", ["create table one (id int)", "insert into one values (1)"], "one"),
        ("2", ["create table two (id int)"], "two"),
    ]
    detail = read_ledger(dsn).details["1"]
    assert (detail.applied_by, detail.git_sha) == ("ada@laptop", "0123abc")
    assert detail.finished_at is not None
    assert detail.duration_ms is not None


def test_the_ledger_of_an_untouched_database_is_empty(dsn: str) -> None:
    assert read_ledger(dsn) == ledger.Ledger()


def test_a_ledger_without_names_and_without_our_table_is_read(dsn: str) -> None:
    rows(dsn, "create schema supabase_migrations")
    rows(dsn, "create table supabase_migrations.schema_migrations (version text primary key)")
    rows(dsn, "insert into supabase_migrations.schema_migrations values ('7')")
    assert read_ledger(dsn) == ledger.Ledger({"7": ""}, {}, exists=True)


@pytest.mark.parametrize(
    ("sql", "line", "column", "sqlstate"),
    [
        ("select 1;\n  selct 2;\n", 2, 3, "42601"),
        ("select 'ä';\nselect\n  absent from t;\n", 3, 15, "42P01"),
        ("create table a (id int);\n-- again\ncreate table a (id int);\n", 3, 1, "42P07"),
        ("create table a (id int unique);\ninsert into a values (1);\n insert into a values (1)",
         3, 2, "23505"),
    ],
)  # fmt: skip
def test_a_failure_names_its_place_and_leaves_nothing_of_its_file(
    dsn: str, folder: Path, sql: str, line: int, column: int, sqlstate: str
) -> None:
    (folder / "1_good.sql").write_text("create table good (id int);")
    (folder / "2_bad.sql").write_text(sql)
    (folder / "3_later.sql").write_text("create table later (id int);")
    with pytest.raises(StatementFailed) as caught:
        run(dsn, folder)
    failure = caught.value.failure
    assert (failure.file, failure.line, failure.column) == ("2_bad.sql", line, column)
    assert failure.sqlstate == sqlstate
    assert list(read_ledger(dsn).applied) == ["1"]
    assert rows(dsn, "select to_regclass('a'), to_regclass('later')") == [(None, None)]


def test_a_constraint_that_fails_at_commit_leaves_nothing(dsn: str, folder: Path) -> None:
    (folder / "1_deferred.sql").write_text(
        "create table p (id int primary key);"
        "create table c (p int references p deferrable initially deferred);"
        "insert into c values (1);"
    )
    with pytest.raises(StatementFailed, match=r"1_deferred.sql:1:1: .*foreign key"):
        run(dsn, folder)
    assert read_ledger(dsn).applied == {}


def test_an_edited_applied_file_is_refused_and_nothing_runs(dsn: str, folder: Path) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    run(dsn, folder)
    (folder / "1_one.sql").write_text("create table one (id bigint);")
    (folder / "2_two.sql").write_text("create table two (id int);")
    with pytest.raises(LedgerConflict, match=r"REFUSED: 1_one.sql was edited .* repair 1"):
        run(dsn, folder)
    assert list(read_ledger(dsn).applied) == ["1"]


def test_a_sentence_of_a_bad_file_comes_before_anything_runs(dsn: str, folder: Path) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    (folder / "2_two.sql").write_text("select 1;\n\\i other.sql\n")
    with pytest.raises(BadSql, match=r"2_two.sql:2:1: \\i is a command of psql"):
        run(dsn, folder)
    assert not read_ledger(dsn).exists


def test_settings_and_roles_of_a_file_do_not_reach_the_next(dsn: str, folder: Path) -> None:
    (folder / "1_set.sql").write_text(
        "select pg_catalog.set_config('search_path', '', false); set lock_timeout = 1;"
        "set role anon;"
    )
    (folder / "2_make.sql").write_text("create table here (id int);")
    run(dsn, folder)
    assert rows(dsn, "select to_regclass('public.here')::text") == [("here",)]


def test_a_second_run_is_told_who_holds_the_lock(dsn: str, folder: Path) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    (folder / "2_wait.sql").write_text("select 1")
    clock, news = ManualClock(), list[Progress]()

    async def two_runs() -> None:
        async with writing(dsn) as first, writing(dsn) as second:
            held = Options(limits=QUICK, clock=clock, progress=news.append)
            async with lock.held(first, wait=0, clock=clock, waiting=print):
                await apply(second, load(folder), RUNNER, held)

    with pytest.raises(LockBusy, match=r"another run holds the migration lock .* stackwright"):
        asyncio.run(two_runs())
    assert {item.phase for item in news} == {Phase.WAITING}
    assert clock.sleeps == [1.0, 1.0, 1.0]
    assert not read_ledger(dsn).exists
    assert len(run(dsn, folder).pending) == 2


def test_the_lock_dies_with_its_session(dsn: str, folder: Path) -> None:
    async def leave_it() -> None:
        async with writing(dsn) as database:
            guard = lock.held(database, wait=0, clock=ManualClock(), waiting=print)
            await guard.__aenter__()
            database.connection.pgconn.finish()

    (folder / "1_one.sql").write_text("create table one (id int);")
    asyncio.run(leave_it())
    assert len(run(dsn, folder).pending) == 1


def test_a_busy_table_is_tried_again_and_then_reported(dsn: str, folder: Path) -> None:
    rows(dsn, "create table busy (id int)")
    (folder / "1_alter.sql").write_text("alter table busy add column name text;")
    clock, news = ManualClock(), list[Progress]()
    with psycopg.connect(dsn) as other:
        other.execute("lock table busy in access share mode")
        with pytest.raises(StatementFailed, match="another session holds the table"):
            run(dsn, folder, limits=QUICK, clock=clock, progress=news.append)
    assert clock.sleeps == [2.0, 4.0]
    assert [item.phase for item in news] == [Phase.STARTED, Phase.RETRYING, Phase.RETRYING]
    assert len(run(dsn, folder).pending) == 1


def test_a_statement_that_runs_too_long_is_ended(dsn: str, folder: Path) -> None:
    (folder / "1_slow.sql").write_text("select pg_sleep(60);")
    with pytest.raises(StatementFailed, match=r"57014.*statement limit"):
        run(dsn, folder, limits=Limits(statement=0.05))


def test_a_session_without_the_lock_runs_nothing(
    dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pretend(database: object) -> bool:
        return True

    monkeypatch.setattr("stackwright.sql.lock._try", pretend)
    (folder / "1_one.sql").write_text("create table one (id int);")
    with pytest.raises(StatementFailed, match="does not hold the migration lock"):
        run(dsn, folder)
    assert read_ledger(dsn).applied == {}


def test_a_file_that_gives_up_the_lock_ends_the_run_before_the_next(dsn: str, folder: Path) -> None:
    (folder / "1_one.sql").write_text("select pg_advisory_unlock_all();")
    (folder / "2_two.sql").write_text("create table two (id int);")
    with pytest.raises(StatementFailed, match=r"2_two.sql.*does not hold the migration lock"):
        run(dsn, folder)
    assert list(read_ledger(dsn).applied) == ["1"]


def test_the_lock_is_held_twice_in_every_file_and_free_after_the_run(
    dsn: str, folder: Path
) -> None:
    give, take = f"pg_advisory_unlock({lock.KEY})", f"pg_try_advisory_lock({lock.KEY})"
    held = f"select {give} as a, {give} as b, {give} as none, {take} as c, {take} as d"
    (folder / "1_one.sql").write_text(f"create table one as {held};")
    (folder / "2_two.sql").write_text(f"create table two as {held};")
    mine = "select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"

    async def locks_left() -> object:
        async with writing(dsn) as database:
            await apply(database, load(folder), RUNNER, Options())
            return await database.query(mine)

    assert asyncio.run(locks_left()) == []
    assert rows(dsn, "select * from one, two") == [2 * (True, True, False, True, True)]


def test_two_collections_share_one_ledger(dsn: str, folder: Path, tmp_path: Path) -> None:
    contract = tmp_path / "contract"
    contract.mkdir()
    (folder / "1_expand.sql").write_text("create table t (a int);")
    (contract / "0_contract.sql").write_text("select 1;")
    run(dsn, folder, Runner("ada", collection="expand"))
    assert run(dsn, contract, Runner("ada", collection="contract")).problems == []
    assert run(dsn, folder, Runner("ada", collection="expand")).problems == []


def test_a_baseline_is_recorded_on_a_database_that_has_tables_already(
    dsn: str, folder: Path
) -> None:
    rows(dsn, "create table users (id int)")
    (folder / "1_users.sql").write_text("create table users (id int);")
    (folder / "2_more.sql").write_text("create table more (id int);")
    plan = run(dsn, folder, baseline="1")
    assert [m.version for m in plan.baseline] == ["1"]
    assert sorted(read_ledger(dsn).applied) == ["1", "2"]


def test_a_baseline_is_run_on_an_empty_database(dsn: str, folder: Path) -> None:
    (folder / "1_users.sql").write_text("create table users (id int);")
    run(dsn, folder, baseline="1")
    assert rows(dsn, "select to_regclass('users')::text") == [("users",)]


def test_an_old_applied_file_may_hold_what_a_new_one_may_not(dsn: str, folder: Path) -> None:
    rows(dsn, "create schema supabase_migrations")
    rows(
        dsn,
        "create table supabase_migrations.schema_migrations "
        "(version text primary key, statements text[], name text)",
    )
    rows(
        dsn,
        "insert into supabase_migrations.schema_migrations "
        "values ('1', '{select 1,commit,select 2}', 'old')",
    )
    (folder / "1_old.sql").write_text("select 1; commit; select 2;")
    (folder / "2_new.sql").write_text("create table new (a int);")
    assert [file.version for file in run(dsn, folder).pending] == ["2"]


def test_a_role_that_may_not_make_the_ledger_is_told_so(
    server: Postgres, dsn: str, folder: Path
) -> None:
    rows(dsn, "create role poor login password 'poor'")
    (folder / "1_one.sql").write_text("create table one (id int);")
    name = dsn.rpartition("/")[2]
    with pytest.raises(DatabaseRefused, match=r"cannot make the ledger in .*permission denied"):
        run(server.dsn("poor", name, "poor"), folder)
    rows(dsn, "drop role poor")


def test_a_role_that_may_not_read_the_ledger_is_told_so(
    server: Postgres, dsn: str, folder: Path
) -> None:
    rows(dsn, "create role poor login password 'poor'")
    (folder / "1_one.sql").write_text("create table one (id int);")
    run(dsn, folder)
    name = dsn.rpartition("/")[2]
    with pytest.raises(DatabaseRefused, match=r"cannot read the ledger of .*permission denied"):
        read_ledger(server.dsn("poor", name, "poor"))
    rows(dsn, "drop role poor")


def test_a_role_with_few_rights_applies_what_it_may(
    server: Postgres, dsn: str, folder: Path
) -> None:
    name = dsn.rpartition("/")[2]
    rows(dsn, "create role deployer login password 'd'")
    rows(server.admin_dsn(name), f'grant create on database "{name}" to deployer')
    (folder / "1_app.sql").write_text("create schema app; create table app.t (a int);")
    assert len(run(server.dsn("deployer", name, "d"), folder).pending) == 1
    rows(server.admin_dsn(name), "drop owned by deployer cascade; drop role deployer")
