"""`sql shadow --on-target`: the target's own rows judge, and nothing stays."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.sql import lock
from stackwright.sql.database import writing
from stackwright.sql.errors import LockBusy, StatementFailed
from stackwright.sql.migration import load
from stackwright.sql.rehearsal import Rehearsal, Strictness, rehearse
from tests.sandbox.sql.helpers import rows

DUPLICATES = "create table t (a int); insert into t values (1), (1)"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


def called(folder: Path, dsn: str, *arguments: str) -> Result:
    argv = ["shadow", "--on-target", "--dir", str(folder), "--url", dsn, *arguments]
    return CliRunner().invoke(command, argv)


def tried(dsn: str, folder: Path, strictness: Strictness | None = None) -> Rehearsal:
    async def once() -> Rehearsal:
        async with writing(dsn) as database:
            return await rehearse(database, load(folder), strictness)

    return asyncio.run(once())


def test_what_fails_on_the_rows_is_found_and_nothing_stays(dsn: str, folder: Path) -> None:
    rows(dsn, DUPLICATES)
    (folder / "1_a.sql").write_text("alter table t add column b int;")
    (folder / "2_b.sql").write_text("select 1;\n\nalter table t\n  add unique (a);")
    result = called(folder, dsn)
    assert isinstance(result.exception, StatementFailed)
    failure = result.exception.failure
    assert (failure.file, failure.line, failure.sqlstate) == ("2_b.sql", 3, "23505")
    assert "everything was rolled back" in str(result.exception)
    assert rows(dsn, "select count(*) from pg_attribute where attrelid = 't'::regclass "
                     "and attname = 'b'") == [(0,)]  # fmt: skip
    assert rows(dsn, "select to_regnamespace('stackwright')") == [(None,)]


def test_what_works_is_said_and_rolled_back(dsn: str, folder: Path) -> None:
    rows(dsn, DUPLICATES)
    (folder / "1_a.sql").write_text("begin; delete from t; create table u (a int); commit;")
    (folder / "2_b.sql").write_text("insert into u values (1);")
    result = called(folder, dsn)
    assert result.exit_code == 0, result.exception
    assert result.output.splitlines() == [
        "ok, and rolled back: 1_a.sql",
        "ok, and rolled back: 2_b.sql",
    ]
    assert rows(dsn, "select count(*), to_regclass('u') from t") == [(2, None)]


def test_a_deferred_constraint_is_checked_too(dsn: str, folder: Path) -> None:
    rows(dsn, "create table u (a int primary key); create table t (a int)")
    (folder / "1_a.sql").write_text(
        "alter table t add foreign key (a) references u deferrable initially deferred;\n"
        "insert into t values (7);"
    )
    with pytest.raises(StatementFailed, match="violates foreign key constraint"):
        tried(dsn, folder)


def test_a_file_without_a_transaction_and_what_follows_is_not_tried(dsn: str, folder: Path) -> None:
    rows(dsn, DUPLICATES)
    (folder / "1_a.sql").write_text("select 1;")
    (folder / "2_b.sql").write_text(
        "-- stackwright: no-transaction\ncreate index concurrently i on t (a);"
    )
    (folder / "3_c.sql").write_text("drop index i;")
    done = tried(dsn, folder)
    assert (done.tried, done.skipped) == (["1_a.sql"], ["2_b.sql", "3_c.sql"])
    assert "2_b.sql is not checked" in done.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "create table kept (a int); select 1; commit; create table kept2 (a int);",
        "do $$ begin create table kept (a int); commit; end $$;",
        "create table kept (a int); rollback and chain;",
        "create procedure p() language plpgsql as $$ begin commit; end $$; call p();",
        "set constraints all deferred; create table kept (a int); prepare transaction 'x';",
    ],
)
def test_no_file_gets_out_of_the_transaction(dsn: str, folder: Path, text: str) -> None:
    (folder / "1_a.sql").write_text(text)
    assert called(folder, dsn).exit_code != 0
    assert rows(dsn, "select to_regclass('kept'), to_regclass('kept2')") == [(None, None)]
    assert rows(dsn, "select count(*) from pg_prepared_xacts") == [(0,)]


def test_a_busy_table_ends_it_soon(dsn: str, folder: Path) -> None:
    rows(dsn, DUPLICATES)
    (folder / "1_a.sql").write_text("alter table t add column b int;")
    with psycopg.connect(dsn) as other:
        other.execute("select * from t")
        with pytest.raises(StatementFailed, match="lock timeout"):
            tried(dsn, folder, Strictness(table_lock=0.05))


def test_a_file_that_takes_the_timeouts_away_ends_all_the_same(dsn: str, folder: Path) -> None:
    (folder / "1_a.sql").write_text("set local statement_timeout = 0; select pg_sleep(600);")
    with pytest.raises(StatementFailed, match=r"took longer than 0\.5 seconds"):
        tried(dsn, folder, Strictness(whole=0.5))
    left = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)'"
    assert rows(dsn, left) == [(0,)]


def test_it_does_not_run_beside_a_migration(dsn: str, folder: Path) -> None:
    (folder / "1_a.sql").write_text("select 1;")
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [lock.KEY])
        with pytest.raises(LockBusy):
            tried(dsn, folder)


def test_nothing_pending_is_said(dsn: str, folder: Path) -> None:
    assert called(folder, dsn).output.strip() == "nothing is pending"
