"""`stackwright sql down` and what it is made of, on a real server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.errors import NeedsApproval, Refused, StackwrightError, UserInput
from stackwright.sql import down, script, undo
from stackwright.sql.apply import Options
from stackwright.sql.database import Connection, writing
from stackwright.sql.errors import LockBusy, StatementFailed
from stackwright.sql.limits import Limits
from stackwright.sql.lock import KEY
from stackwright.sql.migration import load
from stackwright.sql.record import Runner
from stackwright.sql.script import Script
from stackwright.sql.undo_plan import Folder, Wanted
from tests.sandbox.sql.helpers import read_ledger, rows, run

TABLES = "select count(*) from pg_tables where schemaname = 'public'"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ways(folder: Path, dsn: str) -> Path:
    """Three applied migrations; the folder of their ways back, which lose nothing."""
    path = folder.parent / "down"
    path.mkdir()
    for number, name in enumerate("abc", 1):
        (folder / f"{number}_{name}.sql").write_text(f"create index {name} on t (a);")
        (path / f"{number}_{name}.sql").write_text(f"drop index {name};")
    rows(dsn, "create table t (a int)")
    run(dsn, folder)
    return path


def called(name: str, folder: Path, dsn: str, *arguments: str) -> Result:
    argv = [name, "--dir", str(folder), "--url", dsn, *arguments]
    return CliRunner().invoke(command, argv)


def answer(folder: Path, dsn: str, *arguments: str) -> Any:
    result = called("down", folder, dsn, "--json", *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def said(folder: Path, dsn: str, *arguments: str) -> StackwrightError:
    error = called("down", folder, dsn, *arguments).exception
    assert isinstance(error, StackwrightError)
    return error


def undone(dsn: str, folder: Path, wanted: Wanted, collection: str = "", **limits: Any) -> None:
    async def once() -> None:
        async with writing(dsn) as database:
            files = Folder(load(folder), down.load(folder), collection)
            await undo.undo(database, files, wanted, Options(limits=Limits(**limits)))

    asyncio.run(once())


def indexes(dsn: str) -> list[str]:
    query = "select indexname::text from pg_indexes where tablename = 't' order by 1"
    return [name for (name,) in rows(dsn, query)]


def both_ledgers(dsn: str) -> list[tuple[Any, ...]]:
    return rows(
        dsn,
        "select version from supabase_migrations.schema_migrations "
        "union all select version from stackwright.migrations order by 1",
    )


# -- undoing ---------------------------------------------------------------------------------------


def test_the_newest_goes_first_and_both_rows_of_the_ledger_with_it(
    dsn: str, folder: Path, ways: Path
) -> None:
    result = called("down", folder, dsn, "2", "3")
    assert result.exit_code == 0, result.exception
    assert result.stderr.splitlines() == [
        "1/2 down/3_c.sql undone",
        "2/2 down/2_b.sql undone",
    ]
    assert result.stdout.splitlines() == [
        "2 undone",
        "pending again: 3_c.sql, 2_b.sql; the next run applies what is still there",
    ]
    assert indexes(dsn) == ["a"]
    assert both_ledgers(dsn) == [("1",), ("1",)]
    run(dsn, folder)
    assert indexes(dsn) == ["a", "b", "c"]


def test_to_keeps_a_version_and_all_before_it(dsn: str, folder: Path, ways: Path) -> None:
    assert answer(folder, dsn, "--to", "1")["undone"] == ["3_c.sql", "2_b.sql"]
    assert answer(folder, dsn, "--to", "1")["undone"] == []
    assert indexes(dsn) == ["a"]


def test_what_the_supabase_cli_applied_can_be_undone(dsn: str, folder: Path, ways: Path) -> None:
    rows(dsn, "drop schema stackwright cascade")
    assert answer(folder, dsn, "3")["undone"] == ["3_c.sql"]
    assert sorted(read_ledger(dsn).applied) == ["1", "2"]


def test_only_rows_of_the_collection_are_undone(dsn: str, folder: Path, ways: Path) -> None:
    other = folder.parent / "contract"
    other.mkdir()
    (other / "9_d.sql").write_text("create index d on t (a);")
    run(dsn, other, Runner("ada@laptop", collection="contract"))
    assert answer(folder, dsn, "--to", "2")["undone"] == ["3_c.sql"]
    assert "belongs to the collection 'contract'" in str(said(folder, dsn, "9"))
    assert indexes(dsn) == ["a", "b", "d"]


def test_one_that_fails_stays_applied_whole_and_those_before_it_are_undone(
    dsn: str, folder: Path, ways: Path
) -> None:
    (ways / "2_b.sql").write_text("drop index b;\nselect 1 / 0;")
    with pytest.raises(StatementFailed, match=r"down/2_b\.sql:2:1: division by zero.*was undone"):
        undone(dsn, folder, Wanted(to="0"))
    assert indexes(dsn) == ["a", "b"]
    assert both_ledgers(dsn) == [("1",), ("1",), ("2",), ("2",)]


def test_nothing_runs_while_another_run_holds_the_lock(dsn: str, folder: Path, ways: Path) -> None:
    with psycopg.connect(dsn) as other:
        other.execute("select pg_advisory_lock(%s)", [KEY])
        with pytest.raises(LockBusy, match="another run holds the migration lock"):
            undone(dsn, folder, Wanted(["3"]), run_lock=0)
    assert indexes(dsn) == ["a", "b", "c"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_at_any_file_the_same_command_goes_on_with_the_rest(
    dsn: str, folder: Path, ways: Path, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    left = at

    async def dying(connection: Connection, message: Script) -> None:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            end(connection)
        await script.send(connection, message)
        if left == 0:
            end(connection)

    def end(connection: Connection) -> None:
        rows(dsn, f"select pg_terminate_backend({connection.info.backend_pid}, 5000)")

    with monkeypatch.context() as patch:
        patch.setattr(undo, "send", dying)
        if after and at == 3:
            undone(dsn, folder, Wanted(["1", "2", "3"]))
        else:
            with pytest.raises(StackwrightError, match="connection was lost during down/"):
                undone(dsn, folder, Wanted(["1", "2", "3"]))
    undone(dsn, folder, Wanted(["1", "2", "3"]))
    assert indexes(dsn) == []
    assert both_ledgers(dsn) == []


# -- what stops it ---------------------------------------------------------------------------------


def test_what_has_no_way_back_is_named_before_anything_runs(
    dsn: str, folder: Path, ways: Path
) -> None:
    (ways / "2_b.sql").unlink()
    error = said(folder, dsn, "--to", "1")
    assert isinstance(error, Refused)
    assert "2_b.sql has no way back: there is no file down/2_b.sql" in str(error)
    assert indexes(dsn) == ["a", "b", "c"]


def test_an_edited_migration_is_not_undone(dsn: str, folder: Path, ways: Path) -> None:
    (folder / "3_c.sql").write_text("create index c on t (a desc);")
    error = said(folder, dsn, "3")
    assert isinstance(error, Refused)
    assert "3_c.sql was edited after it had been applied" in str(error)


def test_a_way_back_that_fails_on_a_copy_runs_nowhere(dsn: str, folder: Path, ways: Path) -> None:
    (ways / "2_b.sql").write_text("drop index absent;")
    error = str(said(folder, dsn, "--to", "1"))
    assert 'down/2_b.sql:1:1: index "absent" does not exist (42704)' in error
    assert "nothing was undone" in error
    assert indexes(dsn) == ["a", "b", "c"]


@pytest.fixture
def losing(dsn: str, folder: Path) -> Path:
    (folder.parent / "down").mkdir()
    way = folder.parent / "down/1_u.sql"
    way.write_text("drop table u;")
    (folder / "1_u.sql").write_text("create table u (a int);")
    run(dsn, folder)
    return way


def test_one_that_destroys_needs_an_approval_of_its_own(
    dsn: str, folder: Path, losing: Path
) -> None:
    error = said(folder, dsn, "1", "--approve", f"1_u.sql={'0' * 64}", "--by", "A", "--why", "x")
    assert isinstance(error, NeedsApproval)
    assert error.exit_code == 5
    assert "down/1_u.sql: nobody approved it\n  down/1_u.sql:1 DROP TABLE u" in str(error)
    assert rows(dsn, TABLES) == [(1,)]
    checksum = down.load(folder)["1_u.sql"].checksum
    yes = ["--approve", f"down/1_u.sql={checksum}", "--by", "Ada", "--why", "it was too early"]
    assert answer(folder, dsn, "1", *yes)["notes"][0] == (
        "down/1_u.sql was approved by Ada: it was too early"
    )
    assert rows(dsn, TABLES) == [(0,)]


def test_a_dry_run_says_all_of_it_and_changes_nothing(dsn: str, folder: Path, losing: Path) -> None:
    result = called("down", folder, dsn, "1", "--dry-run")
    assert "would be undone: 1_u.sql" in result.stdout
    assert "down/1_u.sql:1 DROP TABLE u; DESTROYS" in result.stdout
    assert isinstance(result.exception, NeedsApproval)
    assert (rows(dsn, TABLES), sorted(read_ledger(dsn).applied)) == ([(1,)], ["1"])


@pytest.mark.parametrize("arguments", [[], ["1", "--to", "1"]])
def test_what_to_undo_must_be_named_in_one_way(
    dsn: str, folder: Path, arguments: list[str]
) -> None:
    error = said(folder, dsn, *arguments)
    assert isinstance(error, UserInput)
    assert "VERSIONS, or --to VERSION" in str(error)


# -- status and lint -------------------------------------------------------------------------------


def test_status_says_which_can_be_undone(dsn: str, folder: Path, ways: Path) -> None:
    (ways / "2_b.sql").unlink()
    seen = json.loads(called("status", folder, dsn, "--json").stdout)
    assert seen["ways_back"] == {"1": True, "2": False, "3": True}
    lines = called("status", folder, dsn).stdout.splitlines()
    assert lines[1:3] == ["applied: 1_a.sql, a way back", "applied: 2_b.sql, no way back"]


def linted(folder: Path) -> Result:
    return CliRunner().invoke(command, ["lint", "--round-trip", "--dir", str(folder)])


def test_a_round_trip_names_what_a_way_back_leaves_and_loses(folder: Path) -> None:
    ways = folder.parent / "down"
    ways.mkdir()
    (folder / "1_t.sql").write_text("create table t (a int, b text); create view v as select 1;")
    (folder / "2_u.sql").write_text("alter table t alter a set default 1; create schema s;")
    (folder / "3_x.sql").write_text("create table x ();")
    (folder / "4_w.sql").write_text("drop view v;")
    (ways / "2_u.sql").write_text("drop schema s; alter table t drop b; create table w ();")
    (ways / "3_x.sql").write_text("select 1;\ndrop table absent;")
    (ways / "4_w.sql").write_text("select 1;")
    (ways / "7_gone.sql").write_text("select 1;")
    result = linted(folder)
    assert result.exit_code == 1
    found = [line for line in result.output.splitlines() if " error round-trip: " in line]
    assert [line.replace(" error round-trip", "") for line in found] == [
        "down/7_gone.sql:1:1: there is no migration 7_gone.sql: is the name right?",
        "down/2_u.sql:1:1: table public.w is left behind",
        "down/2_u.sql:1:1: column a of public.t is not as it was before",
        "down/2_u.sql:1:1: column b of public.t is not brought back",
        "down/2_u.sql:1:1: after 2_u.sql ran again, table public.w is left behind",
        "down/2_u.sql:1:1: after 2_u.sql ran again, column b of public.t is not brought back",
        'down/3_x.sql:2:1: table "absent" does not exist (42P01); statement: drop table absent',
        "down/4_w.sql:1:1: view public.v is not brought back",
        '4_w.sql:1:1: view "v" does not exist (42P01); statement: drop view v',
        "down/4_w.sql:1:1: 4_w.sql does not run again after it",
    ]


def test_a_whole_way_back_passes_the_round_trip(dsn: str, folder: Path, ways: Path) -> None:
    (folder / "0_t.sql").write_text("create table t (a int);")
    result = linted(folder)
    assert (result.exit_code, "round-trip" in result.output) == (0, False)
