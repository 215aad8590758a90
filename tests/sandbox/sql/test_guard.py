"""The guard on a real server: what the database holds decides what can be lost."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.errors import NeedsApproval
from stackwright.postgres.server import Postgres
from stackwright.sql.database import reading
from stackwright.sql.effect_rules import Effect
from stackwright.sql.guard import Guard
from stackwright.sql.ledger import read
from stackwright.sql.migration import Migration, load
from tests.sandbox.sql.helpers import read_ledger, rows, run

HOLDS = """
create table public.notes (id int, body varchar(20), mood text);
insert into public.notes select g, 'x', 'y' from generate_series(1, 1000) g;
analyze public.notes;
create policy p on public.notes using (true);
create view public.seen as select 1 as a;
create function public.f(a int) returns int language sql as 'select 1';
create schema app;
create table app.notes (id int);
create table app.alone (id int);
create type public.pair as (a int, b int);
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


def judged(dsn: str, *texts: str) -> list[Effect]:
    files = [Migration(str(number), "a", text) for number, text in enumerate(texts, 1)]

    async def once() -> list[Effect]:
        async with reading(dsn) as database:
            return await Guard().judged(files, database, await read(database))

    return asyncio.run(once())


def lost(dsn: str, *texts: str) -> list[str]:
    return [f"{e.action} {e.object}".rstrip() for e in judged(dsn, *texts) if e.needs_approval]


def called(name: str, folder: Path, dsn: str, *arguments: str) -> Result:
    argv = [name, "--dir", str(folder), "--url", dsn, *arguments]
    return CliRunner().invoke(command, argv)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop table if exists absent", []),
        ("drop table notes", ["DROP TABLE notes"]),
        ("drop table app.notes", ["DROP TABLE app.notes"]),
        ("drop table absent.notes", []),
        ('drop table if exists "Notes"', []),
        ("create table if not exists notes (id int); drop table notes", ["DROP TABLE notes"]),
        ("create table if not exists other (id int); drop table other", []),
        ("drop policy if exists p on notes", ["DROP POLICY p on notes"]),
        ("drop policy if exists q on notes", []),
        ("drop view if exists seen", ["DROP VIEW seen"]),
        ("drop function f(int)", ["DROP FUNCTION f(pg_catalog.int4)"]),
        ("drop function if exists g(int) cascade", []),
        ("drop schema if exists app cascade", ["DROP SCHEMA app"]),
        ("drop schema if exists absent cascade", []),
        ("drop type pair", ["DROP TYPE pair"]),
        ("alter type pair drop attribute b", ["DROP COLUMN pair.b"]),
        ("alter table notes drop column if exists absent", []),
        ("alter table notes drop column mood", ["DROP COLUMN notes.mood"]),
        ("alter table notes add column if not exists c int; update notes set c = 1", []),
        (
            "alter table notes add column if not exists mood text; update notes set mood = ''",
            ["UPDATE notes"],
        ),
        (
            "alter table notes rename to notes_old; drop table notes_old",
            ["DROP TABLE notes_old"],
        ),
        (
            "alter table notes rename column mood to old; alter table notes drop column old",
            ["DROP COLUMN notes.old"],
        ),
        (
            "alter table notes set schema app2; drop table app2.notes",
            ["DROP TABLE app2.notes"],
        ),
        ("alter schema app rename to gone; drop schema gone cascade", ["DROP SCHEMA gone"]),
        ("set search_path = app; truncate notes", ["TRUNCATE notes"]),
        ("set search_path = app; drop table if exists alone", ["DROP TABLE alone"]),
        ("drop table if exists alone", []),
        ("set local search_path to nowhere; drop table if exists absent", []),
        (
            "do $$ begin execute lower('x'); end $$; drop table if exists absent",
            ["EXECUTE", "DROP TABLE absent"],
        ),
        ("alter table notes alter id type bigint", []),
        ("alter table notes alter id type smallint", ["ALTER COLUMN TYPE notes.id"]),
        ("alter table notes alter body type varchar(40)", []),
        ("alter table notes alter body type varchar(10)", ["ALTER COLUMN TYPE notes.body"]),
        ("alter table notes alter body type text using null", ["ALTER COLUMN TYPE notes.body"]),
        ("delete from notes", ["DELETE notes"]),
        ("drop extension if exists absent", []),
        ("drop role if exists absent_role", []),
        ("drop role if exists anon", ["DROP ROLE anon"]),
        ("drop publication if exists absent", ["DROP PUBLICATION absent"]),
    ],
)
def test_what_this_database_can_lose(dsn: str, sql: str, expected: list[str]) -> None:
    rows(dsn, HOLDS)
    assert lost(dsn, sql) == expected


def test_a_change_of_type_names_both_types_and_whether_the_table_is_rewritten(dsn: str) -> None:
    rows(dsn, HOLDS)
    [wider] = judged(dsn, "alter table notes alter body type varchar(40)")
    assert wider.rewrites is False
    assert wider.note == "character varying(20) to varchar(40)"
    [other] = judged(dsn, "alter table notes alter id type bigint")
    assert other.rewrites is True


def test_the_number_of_rows_is_told(dsn: str) -> None:
    rows(dsn, HOLDS)
    [effect] = judged(dsn, "drop table notes")
    assert effect.rows == 1000


def test_an_empty_database_has_nothing_to_lose_but_what_the_platform_made(dsn: str) -> None:
    unseen = "do $$ begin execute lower('x'); execute format('drop policy %I on t', 'p'); end $$"
    assert lost(dsn, unseen, "drop table if exists notes") == []
    assert lost(dsn, "drop schema auth cascade") == ["DROP SCHEMA auth"]
    assert lost(dsn, "truncate auth.users") == ["TRUNCATE auth.users"]
    rows(dsn, HOLDS)
    assert lost(dsn, unseen) == ["EXECUTE", "DROP POLICY ? on t"]


# -- through the command line ----------------------------------------------------------------------


def test_apply_refuses_with_exit_code_5_and_runs_nothing(dsn: str, folder: Path) -> None:
    rows(dsn, HOLDS)
    (folder / "1_a.sql").write_text("create table public.first (a int);")
    (folder / "2_b.sql").write_text("select 1;\ndrop table public.notes;")
    result = called("apply", folder, dsn)
    assert isinstance(result.exception, NeedsApproval)
    assert result.exception.exit_code == 5
    said = str(result.exception)
    assert "2_b.sql:2 DROP TABLE public.notes (about 1,000 rows)" in said
    assert f"sha256: {load(folder)[1].checksum}" in said
    assert rows(dsn, "select to_regclass('first'), to_regclass('notes')::text") == [(None, "notes")]
    assert read_ledger(dsn).applied == {}


def test_apply_with_an_approval_says_who_and_why(dsn: str, folder: Path) -> None:
    rows(dsn, HOLDS)
    (folder / "1_a.sql").write_text("drop table public.notes;")
    [file] = load(folder)
    yes = ["--approve", f"1_a.sql={file.checksum}", "--by", "Ada", "--why", "moved"]
    result = called("apply", folder, dsn, *yes)
    assert result.exit_code == 0, result.exception
    assert "1_a.sql was approved by Ada: moved" in result.output
    assert rows(dsn, "select to_regclass('notes')") == [(None,)]


def test_an_approval_on_the_command_line_needs_a_name_and_a_reason(dsn: str, folder: Path) -> None:
    (folder / "1_a.sql").write_text("select 1;")
    result = called("apply", folder, dsn, "--approve", "1_a.sql=00", "--by", "Ada")
    assert "with --by NAME and --why REASON" in str(result.exception)


def test_a_backup_is_demanded_by_stack(dsn: str, folder: Path) -> None:
    (folder / "1_a.sql").write_text("select 1;")
    result = called("apply", folder, dsn, "--backup-within", "2")
    assert "name it with --stack" in str(result.exception)


def test_applied_files_are_not_judged_again(dsn: str, folder: Path) -> None:
    rows(dsn, HOLDS)
    (folder / "1_a.sql").write_text("drop table public.notes;")
    run(dsn, folder)
    rows(dsn, "create table public.notes (a int)")
    assert called("apply", folder, dsn).exit_code == 0


def test_shadow_lists_the_effects_on_what_is_there_only(dsn: str, folder: Path) -> None:
    rows(dsn, HOLDS)
    (folder / "1_a.sql").write_text(
        "drop table if exists absent; alter table notes alter id type bigint;"
    )
    result = called("shadow", folder, dsn, "--json")
    assert result.exit_code == 0, result.output
    [effect] = json.loads(result.stdout)["effects"]
    assert (effect["action"], effect["rewrites"]) == ("ALTER COLUMN TYPE", True)


# -- a clear answer where a role may do little -----------------------------------------------------


def test_a_role_without_rights_on_a_table_is_told_all_the_same(server: Postgres, dsn: str) -> None:
    rows(dsn, HOLDS)
    rows(dsn, "create role looker login password 'looker'")
    name = dsn.rpartition("/")[2]
    try:
        assert lost(server.dsn("looker", name, "looker"), "drop table notes") == [
            "DROP TABLE notes"
        ]
    finally:
        rows(dsn, "drop role looker")
