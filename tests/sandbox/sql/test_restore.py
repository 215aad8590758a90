"""Restoring a real backup: all of it comes back, or nothing changes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from stackwright.cli.restore import command
from stackwright.errors import Refused
from stackwright.postgres.server import Postgres
from stackwright.sql import backup, manifest
from stackwright.sql.errors import LockBusy
from stackwright.sql.lock import KEY as LOCK
from stackwright.sql.manifest import BadBackup, File
from stackwright.sql.restore import Into, RestoreFailed
from tests.sandbox.sql.backups import KEY, SHOP, known, made, restored, state
from tests.sandbox.sql.helpers import rows

RUIN = """
delete from auth.users;
drop table public."Odd Name";
drop schema app cascade;
drop policy own on public.profiles;
drop trigger on_auth_user_created on auth.users;
"""


@pytest.fixture
def empty(server: Postgres) -> Iterator[str]:
    """Another fresh Supabase-shaped database of the same server."""
    server.create_database("empty", template="postgres")
    yield server.dsn(database="empty")
    server.drop_database("empty")


def test_everything_is_as_it_was(server: Postgres, dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    before = state(dsn)
    folder = made(dsn, tmp_path, verify=False)
    admin = server.admin_dsn(dsn.rpartition("/")[2])
    rows(admin, RUIN)
    rows(dsn, "create table public.later (a int)")
    restored(folder, dsn)
    assert state(dsn) == before
    assert rows(dsn, "select to_regclass('public.later')") == [(None,)]


@pytest.mark.parametrize(("options", "key"), [({"jobs": 2}, None), ({"key": KEY}, KEY)])
def test_a_folder_and_an_encrypted_backup_come_back_too(
    dsn: str, empty: str, tmp_path: Path, options: dict[str, Any], key: str | None
) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False, **options)
    restored(folder, empty, Into.EMPTY, key)
    assert state(empty) == state(dsn)


def test_the_sign_up_trigger_does_not_fire_for_restored_users(
    dsn: str, empty: str, tmp_path: Path
) -> None:
    rows(dsn, SHOP)
    rows(dsn, "update public.profiles set name = 'chosen'")
    restored(made(dsn, tmp_path, verify=False), empty, Into.EMPTY)
    assert rows(empty, "select distinct name from public.profiles") == [("chosen",)]


def test_objects_of_the_target_that_hang_together_are_emptied(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, tmp_path, verify=False)
    rows(
        dsn,
        """
        create type kind as enum ('x'); create type pair as (a int, b kind);
        create domain small as int check (value < 10); create sequence counter;
        create function twice(int) returns int language sql as 'select $1 * 2';
        create procedure nothing() language sql as 'select 1';
        create aggregate total(int) (sfunc = int4pl, stype = int);
        create table deep (a kind, b small default nextval('counter'), c pair);
        create table wide (a int) partition by list (a);
        create table wide_1 partition of wide for values in (1);
        create view over as select twice(1) as two from deep;
        create materialized view solid as select * from over;
        create extension citext schema public;
        """,
    )
    restored(folder, dsn)
    left = rows(dsn, "select relname from pg_class where relnamespace = 'public'::regnamespace")
    assert left == [("t",)]
    assert rows(dsn, "select 'A'::citext = 'a'::citext") == [(True,)]


def test_a_restored_table_is_open_to_the_same_roles_as_a_new_one(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    restored(made(dsn, tmp_path, verify=False), dsn)
    rows(dsn, "create table public.next (a int)")
    for table in ("t", "next"):
        assert rows(dsn, f"select has_table_privilege('anon', '{table}', 'insert')") == [(True,)]


def test_what_was_closed_stays_closed_although_new_tables_are_open(
    dsn: str, empty: str, tmp_path: Path
) -> None:
    """Supabase opens every new table to its API roles; a restored one is not new."""
    rows(
        dsn,
        """
        create table public.shut (a int);
        revoke all on public.shut from anon, authenticated;
        grant select on public.shut to authenticated;
        create function public.inner() returns int language sql as 'select 1';
        revoke execute on function public.inner() from public, anon;
        """,
    )
    restored(made(dsn, tmp_path, verify=False), empty, Into.EMPTY)
    asked = """
        select has_table_privilege('anon', 'shut', 'select'),
            has_table_privilege('authenticated', 'shut', 'select'),
            has_table_privilege('authenticated', 'shut', 'insert'),
            has_function_privilege('anon', 'public.inner()', 'execute'),
            has_function_privilege('authenticated', 'public.inner()', 'execute')"""
    assert rows(empty, asked) == rows(dsn, asked) == [(False, True, False, False, True)]


def test_rules_for_new_objects_come_back_as_they_were(dsn: str, empty: str, tmp_path: Path) -> None:
    rows(
        dsn,
        """
        alter default privileges in schema public revoke all on tables from anon;
        alter default privileges revoke execute on functions from public;
        alter default privileges grant usage on types to anon;
        create function public.old() returns int language sql as 'select 1';
        grant execute on function public.old() to public;
        """,
    )
    folder = made(dsn, tmp_path, verify=False)
    rows(empty, "alter default privileges grant all on tables to dashboard_user")
    restored(folder, empty, Into.EMPTY)
    asked = """
        select defaclnamespace::regnamespace::text, defaclobjtype, defaclacl::text
        from pg_default_acl where defaclrole = 'postgres'::regrole order by 1, 2"""
    assert rows(empty, asked) == rows(dsn, asked)


def test_another_role_keeps_its_own_rules_for_new_objects(
    server: Postgres, dsn: str, empty: str, tmp_path: Path
) -> None:
    rows(dsn, "create table public.shut (a int); revoke all on public.shut from anon")
    folder = made(dsn, tmp_path, verify=False)
    asked = """
        select defaclobjtype, defaclacl::text from pg_default_acl
        where defaclrole = 'supabase_admin'::regrole order by 1"""
    admin = server.admin_dsn("empty")
    rows(admin, "alter default privileges grant select on tables to dashboard_user")
    before = rows(empty, asked)
    restored(folder, admin, Into.EMPTY)
    assert rows(empty, asked) == before
    assert rows(empty, "select has_table_privilege('anon', 'shut', 'select')") == [(False,)]


def test_a_target_that_is_not_empty_is_refused(dsn: str, empty: str, tmp_path: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, tmp_path, verify=False)
    rows(empty, "create table public.mine as select 1 as a")
    with pytest.raises(Refused, match=r"is not empty: public\.mine \(1 rows\)"):
        restored(folder, empty, Into.EMPTY)
    assert rows(empty, "select to_regclass('public.t')") == [(None,)]


VIEW = "create view v as select 1"
FUNCTION = "create function f() returns int language sql as 'select 1'"


@pytest.mark.parametrize("held", [VIEW, FUNCTION])
def test_a_target_without_rows_may_still_hold_something(
    dsn: str, empty: str, tmp_path: Path, held: str
) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, tmp_path, verify=False)
    rows(empty, held)
    with pytest.raises(Refused, match="is not empty"):
        restored(folder, empty, Into.EMPTY)


def test_a_restore_that_fails_at_its_end_changed_nothing(dsn: str, tmp_path: Path) -> None:
    """Another number of rows is found after everything was dropped and filled again."""
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False)
    rows(dsn, "create table public.later as select 1 as a")
    before = state(dsn)
    content = json.loads((folder / "manifest.json").read_text())
    content["tables"]["public.profiles"] = 4
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(RestoreFailed, match="profiles holds 3 rows instead of 4"):
        restored(folder, dsn)
    assert state(dsn) == before
    assert rows(dsn, "select a from public.later") == [(1,)]


def test_an_archive_that_breaks_off_changes_nothing(dsn: str, tmp_path: Path) -> None:
    """Its checksum is right here: only the transaction protects the database."""
    rows(dsn, SHOP)
    rows(dsn, 'insert into public."Odd Name" ("V%") select md5(i::text) '
         "from generate_series(1, 20000) i")  # fmt: skip
    folder = made(dsn, tmp_path, verify=False)
    archive = folder / "database.dump"
    archive.write_bytes(archive.read_bytes()[:-200_000])
    content = json.loads((folder / "manifest.json").read_text())
    content["files"] = [vars(File.of(folder, folder / f["name"])) for f in content["files"]]
    (folder / "manifest.json").write_text(json.dumps(content))
    before = state(dsn)
    with pytest.raises(RestoreFailed, match="pg_restore failed"):
        restored(folder, dsn)
    assert state(dsn) == before


def test_a_changed_archive_is_refused_before_anything(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False)
    with (folder / "platform.sql").open("ab") as file:
        file.write(b"drop table public.profiles;\n")
    with pytest.raises(BadBackup, match="not the one that was backed up"):
        restored(folder, dsn)


def test_a_wrong_key_is_refused_before_anything(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False, key=KEY)
    with pytest.raises(BadBackup, match="not the key of this backup"):
        restored(folder, dsn, key="x" * 32)
    with pytest.raises(BadBackup, match="set STACKWRIGHT_BACKUP_KEY"):
        restored(folder, dsn)


def test_users_can_be_left_alone(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    rows(dsn, "insert into auth.users (id, email) values (gen_random_uuid(), 'then@x.org')")
    folder = made(dsn, tmp_path, verify=False)
    rows(dsn, "update auth.users set email = 'now@x.org'")
    restored(folder, dsn, users=False)
    assert rows(dsn, "select email from auth.users") == [("now@x.org",)]
    restored(folder, dsn)
    assert rows(dsn, "select email from auth.users") == [("then@x.org",)]


def test_a_database_without_users_table_is_refused_unless_users_stay_out(
    server: Postgres, dsn: str, tmp_path: Path
) -> None:
    rows(dsn, "create table public.t as select 1 as a")
    rows(dsn, "insert into auth.users (id, email) values (gen_random_uuid(), 'a@x.org')")
    folder = made(dsn, tmp_path, verify=False)
    server.create_database("plain")
    try:
        target = server.dsn(database="plain")
        with pytest.raises(Refused, match=r"cannot take the rows of auth\.users"):
            restored(folder, target, Into.EMPTY)
        outlook = restored(folder, target, Into.EMPTY, users=False)
        assert rows(target, "select a from t") == [(1,)]
        assert outlook.extensions["pgcrypto"] == "extensions"
        said = "extension pg_stat_statements: this role may not create it"
        assert said in outlook.lacking
    finally:
        server.drop_database("plain")


def test_schemas_that_the_backup_lacks_are_left_alone(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create schema app; create table app.t as select 1 as a; create table public.u ()")
    folder = made(dsn, tmp_path, verify=False, schemas=("public",))
    outlook = restored(folder, dsn)
    assert outlook.alone == ["app"]
    assert rows(dsn, "select a from app.t") == [(1,)]


def test_a_missing_role_is_made_so_that_its_grants_come_back(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create role tea_clerk; create table t (a int); grant select on t to tea_clerk")
    folder = made(dsn, tmp_path, verify=False)
    rows(dsn, "drop table t; drop role tea_clerk")
    try:
        assert restored(folder, dsn).roles == ["tea_clerk"]
        assert rows(dsn, "select has_table_privilege('tea_clerk', 't', 'select')") == [(True,)]
    finally:
        rows(dsn, "drop table t; drop role tea_clerk")


def test_a_restore_does_not_start_while_migrations_run(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, tmp_path, verify=False)
    with psycopg.connect(dsn) as other:
        other.execute("select pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(LockBusy):
            restored(folder, dsn)


def test_the_ledger_comes_back_so_that_newer_migrations_are_pending_again(
    dsn: str, folder: Path, tmp_path: Path
) -> None:
    from tests.sandbox.sql.helpers import read_ledger, run

    (folder / "1_t.sql").write_text("create table t (a int);")
    run(dsn, folder)
    kept = made(dsn, tmp_path, verify=False)
    (folder / "2_u.sql").write_text("create table u (a int);")
    run(dsn, folder)
    restored(kept, dsn)
    assert list(read_ledger(dsn).applied) == ["1"]
    run(dsn, folder)
    assert list(read_ledger(dsn).applied) == ["1", "2"]


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STACKWRIGHT_BACKUP_KEY", raising=False)
    return tmp_path


def called(dsn: str, *argv: str) -> Result:
    return CliRunner().invoke(command, ["--url", dsn, *argv])


def name_of(dsn: str) -> str:
    return dsn.rpartition("@")[2]


def test_without_a_word_it_says_what_would_happen_and_stops(dsn: str, project: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, project, verify=False)
    rows(dsn, "delete from auth.users; create schema other")
    result = called(dsn, str(folder))
    assert isinstance(result.exception, Refused)
    assert f"say --yes-replace {name_of(dsn)}" in str(result.exception)
    assert "public.profiles: 0 rows now, 3 rows then" in result.output
    assert "NOT VERIFIED" in result.output
    assert "left alone: schema other" in result.output
    assert "cannot be restored: files in storage" in result.output
    assert rows(dsn, "select count(*) from public.profiles") == [(0,)]


def test_the_name_must_be_typed_as_it_is(dsn: str, project: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, project, verify=False)
    result = called(dsn, str(folder), "--yes-replace", "dev")
    assert f"--yes-replace names dev, but this is {name_of(dsn)}" in str(result.exception)
    result = called(dsn, str(folder), "--yes-replace", name_of(dsn))
    assert result.exit_code == 0, (result.output, result.exception)
    assert "Restored and counted: 1 tables, 0 rows." in result.output


def test_production_needs_one_more_word(dsn: str, project: Path) -> None:
    rows(dsn, "create table public.t (a int)")
    folder = made(dsn, project, verify=False)
    argv = [str(folder), "--stack", "prod", "--yes-replace", "prod"]
    result = called(dsn, *argv)
    assert isinstance(result.exception, Refused)
    assert "prod is production" in str(result.exception)
    assert called(dsn, *argv, "--production").exit_code == 0


def test_latest_is_the_newest_verified_one(dsn: str, empty: str, project: Path) -> None:
    rows(dsn, "create table public.t as select 1 as a")
    place = project / ".stackwright" / "backups" / "dev"
    argv = ["--stack", "dev", "--into-empty", "--json"]
    assert "there is no verified backup" in str(called(empty, *argv).exception)
    good = made(dsn, project)
    rows(dsn, "insert into t values (2)")
    made(dsn, project, verify=False)
    result = called(empty, *argv)
    assert result.exit_code == 0, (result.output, result.exception)
    report = json.loads(result.stdout)
    assert (report["path"], report["restored"]["public.t"]) == (str(good), 1)
    assert len(list(place.iterdir())) == 2


def test_a_backup_can_be_named_by_its_time(dsn: str, empty: str, project: Path) -> None:
    rows(dsn, "create table public.t as select 1 as a")
    name = made(dsn, project, verify=False).name
    assert called(empty, name, "--stack", "dev", "--into-empty").exit_code == 0
    absent = called(empty, "20200101T000000Z", "--stack", "dev", "--into-empty")
    assert "this is no backup" in str(absent.exception)


def test_a_copied_backup_is_as_good(dsn: str, empty: str, project: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, project)
    copy = project / "elsewhere"
    shutil.move(folder, copy)
    assert called(empty, str(copy), "--into-empty").exit_code == 0
    assert state(empty) == state(dsn)
    assert manifest.read(copy) == known(copy)
    assert backup.DATABASE == "database"
