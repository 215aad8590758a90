"""What a database has that no migration made, on a real server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.sql import catalogue, drift
from stackwright.sql.catalogue import Object
from stackwright.sql.database import reading
from stackwright.sql.drift import CannotCompare, Change, Report
from stackwright.sql.errors import ShadowUnavailable
from stackwright.sql.migration import load
from tests.sandbox.sql.backups import SHOP
from tests.sandbox.sql.helpers import rows, run

SCHEMA = """
create table public.teas (code text primary key, name text not null, price int default 1);
alter table public.teas enable row level security;
create policy everyone on public.teas for select using (true);
create function public.twice(int) returns int language sql as 'select $1 * 2';
create view public.labels as select name from public.teas;
create index by_name on public.teas (name);
"""


def seen(dsn: str) -> list[Object]:
    async def once() -> list[Object]:
        async with reading(dsn) as database:
            return await catalogue.read(database)

    return asyncio.run(once())


def compared(dsn: str, folder: Path, tmp_path: Path) -> Report:
    return asyncio.run(drift.check(load(folder), dsn, tmp_path / ".stackwright"))


@pytest.fixture
def teas(dsn: str, folder: Path) -> str:
    """A database that is what its one migration makes."""
    (folder / "1_teas.sql").write_text(SCHEMA)
    run(dsn, folder)
    return dsn


def test_what_the_migrations_made_is_no_drift(dsn: str, folder: Path, tmp_path: Path) -> None:
    schema = SHOP.partition("insert into auth.users")[0]
    (folder / "1_shop.sql").write_text(schema)
    (folder / "2_teas.sql").write_text(SCHEMA)
    run(dsn, folder)
    report = compared(dsn, folder, tmp_path)
    assert (report.differences, report.notes) == ([], [])


# What somebody does by hand, the kind and name of the difference, and the SQL that takes it over.
BY_HAND = [
    ("create table public.mine (id serial primary key, b text not null, a int)",
     [("table", "public.mine"), ("constraint", "mine_pkey")],
     ("CREATE TABLE public.mine (\n    id serial,\n    b text NOT NULL,\n    a integer\n);\n"
     "ALTER TABLE public.mine ADD CONSTRAINT mine_pkey PRIMARY KEY (id);\n")),
    ("alter table public.teas add column origin text default 'x' not null",
     [("column", "origin")],
     "ALTER TABLE public.teas ADD COLUMN origin text DEFAULT 'x'::text NOT NULL;\n"),
    ("create index by_price on public.teas (price) where price > 3", [("index", "by_price")],
     "CREATE INDEX by_price ON public.teas USING btree (price) WHERE (price > 3);\n"),
    ("alter table public.teas add constraint cheap check (price < 9)", [("constraint", "cheap")],
     "ALTER TABLE public.teas ADD CONSTRAINT cheap CHECK ((price < 9));\n"),
    ("create policy mine on public.teas for insert to anon with check (price > 1)",
     [("policy", "mine")],
     ("CREATE POLICY mine ON public.teas AS PERMISSIVE FOR INSERT TO anon"
     " WITH CHECK ((price > 1));\n")),
    ("create function f() returns int language sql as 'select 1'", [("function", "public.f()")],
     ("CREATE OR REPLACE FUNCTION public.f()\n RETURNS integer\n LANGUAGE sql\n"
     "AS $function$select 1$function$;\n")),
    (("create function public.t() returns trigger language plpgsql as 'begin return new; end';"
     "create trigger early before insert on auth.users for each row execute function public.t()"),
     [("function", "public.t()"), ("trigger", "early")], None),
    ("create type mood as enum ('good', 'it''s bad')", [("type", "public.mood")],
     "CREATE TYPE public.mood AS ENUM ('good', 'it''s bad');\n"),
    ("create domain small as int not null default 1 check (value < 10)",
     [("type", "public.small")],
     ("CREATE DOMAIN public.small AS integer DEFAULT 1 NOT NULL"
     " CONSTRAINT small_check CHECK ((VALUE < 10));\n")),
    ("create type pair as (a int, b text)", [("type", "public.pair")],
     "CREATE TYPE public.pair AS (a integer, b text);\n"),
    ("create table shut (a int); revoke all on shut from anon, authenticated",
     [("table", "public.shut")],
     ("CREATE TABLE public.shut (\n    a integer\n);\n"
     "REVOKE ALL ON TABLE public.shut FROM anon, authenticated, service_role;\n"
     "GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
     " ON TABLE public.shut TO service_role;\n")),
    ("create sequence counter increment 5", [("sequence", "public.counter")], None),
    ("create schema app; create table app.t (a int)", [("schema", "app"), ("table", "app.t")],
     "CREATE SCHEMA app;\nCREATE TABLE app.t (\n    a integer\n);\n"),
    ("create materialized view solid as select 1 as one", [("view", "public.solid")], None),
    ("create extension citext schema extensions", [("extension", "citext")],
     "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;\n"),
    ("grant select on auth.users to anon", [], ""),
    ("create role tea_clerk; grant select on teas to tea_clerk", [("grant", "tea_clerk")],
     "GRANT SELECT ON TABLE public.teas TO tea_clerk;\n"),
    ("grant update (price) on public.teas to dashboard_user", [("grant", "dashboard_user")],
     "GRANT UPDATE (price) ON TABLE public.teas TO dashboard_user;\n"),
    ("comment on column public.teas.name is 'what it''s called'",
     [("comment", "public.teas.name")],
     "COMMENT ON COLUMN public.teas.name IS 'what it''s called';\n"),
    ("comment on policy everyone on public.teas is 'open'",
     [("comment", "everyone on public.teas")], None),
    ("alter publication supabase_realtime add table public.teas",
     [("publication", "public.teas")],
     "ALTER PUBLICATION supabase_realtime ADD TABLE public.teas;\n"),
]  # fmt: skip


@pytest.mark.parametrize(("by_hand", "names", "adopt"), BY_HAND, ids=[c[0][:40] for c in BY_HAND])
def test_what_was_made_by_hand_is_found_with_sql_that_takes_it_over(
    teas: str, by_hand: str, names: list[tuple[str, str]], adopt: str | None
) -> None:
    before = seen(teas)
    try:
        rows(teas, by_hand)
        now = seen(teas)
        differences = drift.compare(now, before)
        assert [(item.kind, item.name) for item in differences] == names
        assert {item.change for item in differences} <= {Change.EXTRA}
        script = Report(differences).adopt
        assert adopt is None or script == adopt
        # What is missing in the one is what is extra in the other, with the same SQL.
        assert Report(drift.compare(before, now)).mend == script
    finally:
        if "tea_clerk" in by_hand:
            rows(teas, "revoke all on public.teas from tea_clerk; drop role tea_clerk")


CHANGED: list[tuple[str, str, str, str]] = [
    ("alter table public.teas alter price type bigint", "column", "price", ""),
    ("alter table public.teas alter price set default 2", "column", "price",
     "ALTER TABLE public.teas ALTER COLUMN price SET DEFAULT 1;\n"),
    ("alter table public.teas alter price drop default", "column", "price",
     "ALTER TABLE public.teas ALTER COLUMN price SET DEFAULT 1;\n"),
    ("alter table public.teas alter name drop not null", "column", "name", ""),
    ("create or replace function twice(int) returns int language sql as 'select $1 * 3'",
     "function", "public.twice(integer)",
     ("CREATE OR REPLACE FUNCTION public.twice(integer)\n RETURNS integer\n LANGUAGE sql\n"
     "AS $function$select $1 * 2$function$;\n")),
    ("create or replace view labels as select upper(name) as name from teas",
     "view", "public.labels",
     "CREATE OR REPLACE VIEW public.labels AS  SELECT name\n   FROM public.teas;\n"),
    ("alter policy everyone on teas using (price > 1)", "policy", "everyone", ""),
    ("drop index by_name; create index by_name on teas (name, price)", "index", "by_name", ""),
    ("revoke insert on teas from anon", "grant", "anon",
     ("GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
     " ON TABLE public.teas TO anon;\n")),
    ("grant insert on teas to anon with grant option", "grant", "anon", ""),
    ("alter table teas force row level security", "row security", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("by_hand", "kind", "name", "mend"), CHANGED, ids=[c[0] for c in CHANGED])
def test_what_was_changed_by_hand_is_found_with_sql_only_where_nothing_is_lost(
    teas: str, by_hand: str, kind: str, name: str, mend: str
) -> None:
    before = seen(teas)
    rows(teas, by_hand)
    [difference] = drift.compare(seen(teas), before)
    assert (difference.change, difference.kind, difference.name) == (Change.CHANGED, kind, name)
    assert Report([difference]).mend == mend
    if mend:
        rows(teas, mend)
        assert drift.compare(seen(teas), before) == []


def test_the_sql_that_takes_over_makes_the_same_objects(
    teas: str, folder: Path, tmp_path: Path
) -> None:
    """All that was made by hand, written down as the next migration."""
    rows(teas, SHOP.partition("insert into auth.users")[0])
    report = compared(teas, folder, tmp_path)
    bounds = "values from ('2026-01-01') to (maxvalue)"
    partitions = f"create table app.events_2026 partition of app.events for {bounds};"
    (folder / "2_by_hand.sql").write_text(report.adopt + partitions)
    rows(teas, "insert into supabase_migrations.schema_migrations (version) values ('2')")
    after = compared(teas, folder, tmp_path)
    assert [str(item) for item in after.differences] == []


def test_row_level_security_that_was_switched_off_is_missing(teas: str) -> None:
    before = seen(teas)
    rows(teas, "alter table public.teas disable row level security")
    [difference] = drift.compare(seen(teas), before)
    assert (difference.change, difference.kind) == (Change.MISSING, "row security")
    assert difference.mend == "ALTER TABLE public.teas ENABLE ROW LEVEL SECURITY"


def test_a_disabled_trigger_and_an_invalid_index_are_shown_without_sql(teas: str) -> None:
    rows(teas, "create function t() returns trigger language plpgsql as 'begin return new; end'")
    rows(teas, "create trigger tea before insert on teas for each row execute function t()")
    before = seen(teas)
    rows(teas, "alter table teas disable trigger tea")
    [difference] = drift.compare(seen(teas), before)
    assert difference.database.endswith("-- enabled: D")
    assert (difference.adopt, difference.mend) == ("", "")


def test_definitions_name_every_schema_whatever_the_search_path(teas: str) -> None:
    path = "options=-csearch_path%3Dpublic"
    assert seen(f"{teas}?{path}") == seen(teas)
    [view] = [item for item in seen(teas) if item.kind == "view"]
    assert "FROM public.teas" in view.definition


def test_only_applied_files_are_replayed(teas: str, folder: Path, tmp_path: Path) -> None:
    (folder / "2_pending.sql").write_text("create table public.later (a int);")
    assert compared(teas, folder, tmp_path).differences == []


def test_versions_without_a_file_and_edited_files_are_noted(
    teas: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "2_old.sql").write_text("create table public.old (a int);")
    run(teas, folder)
    (folder / "2_old.sql").unlink()
    (folder / "1_teas.sql").write_text(SCHEMA + "-- a remark\n")
    report = compared(teas, folder, tmp_path)
    assert [item.name for item in report.differences] == ["public.old"]
    assert any("1 applied versions have no file here (2)" in note for note in report.notes)
    assert any("1_teas.sql was edited" in note for note in report.notes)


def test_an_extension_that_the_server_lacks_does_not_stop_the_comparison(
    teas: str, folder: Path, tmp_path: Path
) -> None:
    text = "create extension if not exists absent with schema extensions;\ncreate table u ();"
    (folder / "2_extension.sql").write_text(text)
    rows(teas, "create table public.u ()")
    rows(teas, "insert into supabase_migrations.schema_migrations (version) values ('2')")
    report = compared(teas, folder, tmp_path)
    assert report.differences == []
    assert any("create extension if not exists absent" in note for note in report.notes)


def test_a_history_that_does_not_run_on_an_empty_database_is_one_sentence(
    teas: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "2_broken.sql").write_text("alter table made_by_hand add column a int;")
    rows(teas, "insert into supabase_migrations.schema_migrations (version) values ('2')")
    with pytest.raises(CannotCompare, match=r"do not run on an empty database: 2_broken\.sql:1:1"):
        compared(teas, folder, tmp_path)


def test_without_an_embedded_server_the_way_on_is_named(
    teas: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(major: int | None = None) -> Path:
        from stackwright.toolchain import ToolMissing

        raise ToolMissing("run `make setup`")

    monkeypatch.setattr("stackwright.sql.replica.toolchain.postgres_bin", missing)
    with pytest.raises(ShadowUnavailable, match="make setup"):
        compared(teas, folder, tmp_path)


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


def called(folder: Path, dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["drift", "--dir", str(folder), "--url", dsn, *arguments])


@pytest.mark.usefixtures("project")
def test_the_command_ends_with_4_when_there_is_drift(teas: str, folder: Path) -> None:
    clean = called(folder, teas)
    assert (clean.exit_code, "no drift" in clean.output) == (0, True)
    rows(teas, "alter table teas add column origin text; drop view labels")
    result = called(folder, teas)
    assert result.exit_code == 4, result.exception
    assert "column origin of public.teas: in the database, made by no migration" in result.output
    assert "view public.labels: made by a migration, not in the database" in result.output
    assert "2 differences" in result.output
    report: dict[str, Any] = json.loads(called(folder, teas, "--json").stdout)
    assert [item["change"] for item in report["differences"]] == ["extra", "missing"]
    adopt = called(folder, teas, "--sql", "adopt").stdout
    assert adopt == "ALTER TABLE public.teas ADD COLUMN origin text;\n" == report["adopt"]
    assert called(folder, teas, "--sql", "mend").stdout == report["mend"]
