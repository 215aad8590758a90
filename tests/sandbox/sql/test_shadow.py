"""The shadow run on a real server: what it finds, and that the target is only read."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stackwright.postgres.server import Postgres, free_port
from stackwright.sql import replica, shadow
from stackwright.sql.errors import BadSql, StatementFailed
from stackwright.sql.migration import load
from stackwright.sql.shadow import Report
from tests.sandbox.sql.helpers import rows, run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / ".stackwright"


def tried(dsn: str | None, folder: Path, root: Path) -> Report:
    return asyncio.run(shadow.check(load(folder), dsn, root))


def test_pending_files_run_on_the_present_schema_of_the_target(
    dsn: str, folder: Path, root: Path
) -> None:
    rows(dsn, "create table made_by_hand (a int)")
    rows(dsn, "create policy p on made_by_hand for select to anon using (true)")
    (folder / "1_more.sql").write_text(
        "alter table made_by_hand add column b int; drop policy p on made_by_hand;"
    )
    report = tried(dsn, folder, root)
    assert report.failure is None
    assert report.lacking == []
    assert (report.server, report.target) == (17, 17)
    assert rows(dsn, "select count(*) from pg_policies") == [(1,)]
    assert rows(dsn, "select to_regnamespace('stackwright')") == [(None,)]


OPEN = """
do $$ begin
    if (has_table_privilege('anon', 'closed', 'select'),
        has_table_privilege('anon', 'kept', 'select'),
        has_function_privilege('anon', 'f()', 'execute')) is distinct from (false, true, false)
    then raise exception 'anon has other rights'; end if;
    create table made_later (a int);
    if has_table_privilege('anon', 'made_later', 'select') is distinct from %s
    then raise exception 'new tables have other rights'; end if;
end $$"""


@pytest.mark.parametrize("later", [True, False])
def test_rights_are_those_of_the_target(dsn: str, folder: Path, root: Path, later: bool) -> None:
    rows(dsn, "create table closed (a int); create table kept (a int)")
    rows(dsn, "create function f() returns int language sql as 'select 1'")
    rows(dsn, "revoke all on closed from anon; revoke all on function f() from public, anon")
    if not later:
        rows(dsn, "alter default privileges in schema public revoke all on tables from anon")
    (folder / "1_open.sql").write_text(OPEN % later)
    report = tried(dsn, folder, root)
    assert (report.failure, report.lacking) == (None, [])


def test_a_failing_statement_is_found_with_its_place_before_the_target_sees_it(
    dsn: str, folder: Path, root: Path
) -> None:
    (folder / "1_good.sql").write_text("create table t (a int);")
    (folder / "2_bad.sql").write_text("select 1;\nalter table t drop column absent;")
    (folder / "3_later.sql").write_text("select 1;")
    report = tried(dsn, folder, root)
    assert report.failure is not None
    assert (report.failure.file, report.failure.line) == ("2_bad.sql", 2)
    assert report.failure.sqlstate == "42703"
    assert [result.file for result in report.files] == ["1_good.sql", "2_bad.sql"]


def test_the_same_question_is_answered_from_the_cache_until_something_changes(
    dsn: str, folder: Path, root: Path
) -> None:
    file = folder / "1_t.sql"
    file.write_text("create table t (a int);")
    first = tried(dsn, folder, root)
    again = tried(dsn, folder, root)
    assert (first.cached, again.cached) == (False, True)
    assert [f.file for f in again.files] == ["1_t.sql"]
    rows(dsn, "create table t (a int)")
    changed = tried(dsn, folder, root)
    assert not changed.cached
    assert changed.failure is not None
    assert changed.failure.sqlstate == "42P07"
    assert tried(dsn, folder, root) == Report(
        changed.server, changed.target, changed.files, [], [], cached=True
    )
    file.write_text("create table u (a int);")
    assert not tried(dsn, folder, root).cached


@pytest.mark.parametrize(
    "change",
    [
        "alter table kept alter column a set not null",
        "alter table kept alter column a set default 1",
        "grant select on kept to anon",
        "alter table kept enable row level security",
        "create policy p on kept using (true)",
        "create or replace function f() returns int language sql as 'select 2'",
        "create index i on kept (a)",
        "comment on table kept is 'x'",
    ],
)
def test_every_change_of_the_target_changes_its_fingerprint(dsn: str, change: str) -> None:
    rows(dsn, "create table kept (a int)")
    rows(dsn, "create function f() returns int language sql as 'select 1'")
    before = rows(dsn, shadow._FINGERPRINT)
    assert rows(dsn, shadow._FINGERPRINT) == before
    rows(dsn, change)
    assert (rows(dsn, shadow._FINGERPRINT) != before) != change.startswith("comment")


def test_without_a_target_files_run_on_an_empty_supabase_shaped_database(
    folder: Path, root: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (id uuid references auth.users);")
    report = tried(None, folder, root)
    assert report.failure is None
    assert report.notes == [
        "tried on an empty Supabase-shaped database: the target is not there yet"
    ]


def test_a_trigger_of_ours_on_a_table_of_the_platform_is_there(
    dsn: str, folder: Path, root: Path
) -> None:
    (folder / "1_f.sql").write_text(
        "create function f() returns trigger language plpgsql as 'begin return new; end';"
        "create trigger greet after insert on auth.users for each row execute function f();"
    )
    run(dsn, folder)
    (folder / "2_again.sql").write_text(
        "create trigger greet after insert on auth.users for each row execute function f();"
    )
    failure = asyncio.run(shadow.check(load(folder)[1:], dsn, root)).failure
    assert failure is not None
    assert failure.message == 'trigger "greet" for relation "users" already exists'


def test_a_file_that_needs_a_missing_extension_is_not_checked_nor_are_those_that_need_it(
    dsn: str, folder: Path, root: Path
) -> None:
    (folder / "1_v.sql").write_text("create extension vector;")
    (folder / "2_t.sql").write_text("create table t (v vector(3));")
    (folder / "3_ok.sql").write_text("create table ok (a int);")
    report = tried(dsn, folder, root)
    assert report.failure is None
    assert [bool(result.unchecked) for result in report.files] == [True, True, False]
    assert "1_v.sql is not checked: the shadow server lacks an extension" in report.notes[0]


def test_a_half_run_file_is_tried_from_where_it_stopped(dsn: str, folder: Path, root: Path) -> None:
    file = folder / "1_steps.sql"
    head = "-- stackwright: no-transaction\ncreate table t (a int);\n"
    file.write_text(head + "select absent;")
    with pytest.raises(StatementFailed):
        run(dsn, folder)
    file.write_text(head + "create index concurrently i on t (a);")
    assert tried(dsn, folder, root).failure is None


def test_what_cannot_be_rebuilt_is_listed_and_the_rest_of_the_schema_is_there(
    server: Postgres, dsn: str, folder: Path, root: Path
) -> None:
    rows(server.admin_dsn(dsn.rpartition("/")[2]), "create table auth.only_there (a int)")
    rows(server.admin_dsn(dsn.rpartition("/")[2]), "grant select on auth.only_there to postgres")
    rows(dsn, "create table before (a int)")
    rows(dsn, "create view broken as select * from auth.only_there")
    rows(dsn, "create table later (a int)")
    (folder / "1_t.sql").write_text("alter table before add b int; alter table later add b int;")
    report = tried(dsn, folder, root)
    assert report.failure is None
    assert [result.unchecked for result in report.files] == [""]
    assert 'relation "auth.only_there" does not exist' in report.lacking[0]


def test_another_role_runs_the_files_with_its_own_rights(
    server: Postgres, dsn: str, folder: Path, root: Path
) -> None:
    rows(dsn, "create role app login createrole password 'app'")
    name = dsn.rpartition("/")[2]
    rows(server.admin_dsn(name), f'grant create on database "{name}" to app')
    rows(dsn, "create table of_postgres (a int)")
    rows(dsn, "grant select on of_postgres to app")
    (folder / "1_t.sql").write_text("create schema app; alter table of_postgres add b int;")
    report = tried(server.dsn("app", name, "app"), folder, root)
    rows(server.admin_dsn(name), "drop owned by app")
    rows(dsn, "drop role app")
    assert report.failure is not None
    assert report.failure.sqlstate == "42501"


def test_text_that_is_no_sql_is_refused_before_a_server_starts(folder: Path, root: Path) -> None:
    (folder / "1_t.sql").write_text("select 'open")
    with pytest.raises(BadSql, match=r"1_t\.sql:1:8"):
        tried(None, folder, root)


def test_nothing_is_left_behind(dsn: str, folder: Path, root: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    tried(dsn, folder, root)
    assert list((root / "shadow").iterdir()) == []


def test_nothing_pending_starts_nothing(folder: Path, root: Path) -> None:
    assert tried(None, folder, root) == Report()
    assert not root.exists()


def test_the_server_of_a_killed_run_is_ended_by_the_next(folder: Path, root: Path) -> None:
    left = Postgres(root / "shadow" / "run-999999999-left" / "data", free_port(), password="x")
    left.start()
    (folder / "1_t.sql").write_text("create table t (a int);")
    tried(None, folder, root)
    assert left._server is not None
    assert left._server.wait(timeout=10) == 0
    assert list((root / "shadow").iterdir()) == []


def test_only_what_a_missing_extension_brought_is_excused(
    dsn: str, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extension that every project has must not hide what is wrong with a file."""
    rows(dsn, "create schema trees; create extension ltree schema trees")
    refuse_extension(monkeypatch, "ltree")
    (folder / "1_t.sql").write_text("create table t (a trees.ltree);")
    (folder / "2_f.sql").write_text("create table f (a int references nobody);")

    report = tried(dsn, folder, root)

    assert report.extensions == ["ltree"]
    assert "it may need ltree" in report.files[0].unchecked
    (folder / "1_t.sql").unlink()
    alone = tried(dsn, folder, root)
    assert alone.failure is not None
    assert 'relation "nobody" does not exist' in str(alone.failure)


def refuse_extension(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the shadow's server lack an extension that the target's server has."""
    made = replica._run

    def run(connection: Any, statement: Any, extensions: list[str], lacking: list[str]) -> None:
        if replica.missing_extension(statement) == name:
            extensions.append(name)
        else:
            made(connection, statement, extensions, lacking)

    monkeypatch.setattr(replica, "_run", run)
    monkeypatch.setattr(replica, "_run_together", lambda *_: False)
