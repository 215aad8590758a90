"""What statements lock and destroy: to the parser, and by their words where it is missing."""

import pytest

from stackwright.sql.effect_rules import EXCLUSIVE, POLITE, ROWS, SHARE, WRITES, Effect
from stackwright.sql.effects import UNREAD, effects
from stackwright.sql.migration import Migration


def of(*texts: str, parsed: bool = True) -> list[Effect]:
    files = [Migration(str(number), "a", text) for number, text in enumerate(texts, 1)]
    return effects(files, parsed=parsed)


def lost(*texts: str, parsed: bool = True) -> list[str]:
    """`ACTION object` of all that needs an approval."""
    found = of(*texts, parsed=parsed)
    return [f"{e.action} {e.object}".rstrip() for e in found if e.needs_approval]


both_ways = pytest.mark.parametrize("parsed", [True, False], ids=["parsed", "by words"])


@both_ways
@pytest.mark.parametrize(
    ("sql", "action", "name", "lock", "destroys"),
    [
        ("drop table if exists a.b cascade", "DROP TABLE", "a.b", EXCLUSIVE, True),
        ('alter table only "T" drop column if exists c', "DROP COLUMN", '"T".c', EXCLUSIVE, True),
        ("alter table t drop constraint c", "DROP CONSTRAINT", "t", EXCLUSIVE, False),
        ("alter table t alter column c type int", "ALTER COLUMN TYPE", "t.c", EXCLUSIVE, True),
        ("alter table t alter c set not null", "SET NOT NULL", "t.c", EXCLUSIVE, False),
        ("alter table t add column c int default 1", "ADD COLUMN", "t.c", EXCLUSIVE, False),
        ("alter table t validate constraint c", "VALIDATE CONSTRAINT", "t", POLITE, False),
        (
            "alter table t add constraint c foreign key (a) references u (a)",
            "ADD FOREIGN KEY", "t", WRITES, False,
        ),
        (
            "alter table t disable row level security",
            "DISABLE ROW LEVEL SECURITY", "t", EXCLUSIVE, True,
        ),
        ("alter table t rename to u", "RENAME", "t", EXCLUSIVE, False),
        ("truncate table only t", "TRUNCATE", "t", EXCLUSIVE, True),
        ("delete from public.t", "DELETE", "public.t", ROWS, True),
        ("delete from t where a = 1", "DELETE", "t", ROWS, False),
        ("update t set a = 1", "UPDATE", "t", ROWS, True),
        ("update t set a = (select 1 from u) where b", "UPDATE", "t", ROWS, False),
        ("with w as (delete from t) select 1 where true", "DELETE", "t", ROWS, True),
        ("create index i on t (a)", "CREATE INDEX", "t", SHARE, False),
        ("create unique index concurrently i on t (a)", "CREATE INDEX CONCURRENTLY", "t", POLITE,
         False),
        ("drop policy if exists p on t", "DROP POLICY", "p on t", EXCLUSIVE, True),
        ("drop trigger x on s.t", "DROP TRIGGER", "x on s.t", EXCLUSIVE, True),
        ("drop view v", "DROP VIEW", "v", EXCLUSIVE, True),
        ("drop index i", "DROP INDEX", "i", EXCLUSIVE, False),
        ("create trigger x after insert on t execute function f()", "CREATE TRIGGER", "t", WRITES,
         False),
    ],
)  # fmt: skip
def test_the_effect_of_a_statement(
    sql: str, action: str, name: str, lock: str, destroys: bool, parsed: bool
) -> None:
    [effect] = of(sql, parsed=parsed)
    assert (effect.action, effect.object, effect.lock) == (action, name, lock)
    assert effect.destroys == destroys


@both_ways
@pytest.mark.parametrize(
    "sql",
    [
        "select 'drop table t'",
        "insert into t values (1) on conflict (a) do update set b = 1",
        "-- drop table t\ngrant select on t to anon",
        "comment on table t is 'drop table t'",
        "/* drop table t; /* truncate t */ */ select 1",
    ],
)
def test_statements_without_an_effect_of_note(sql: str, parsed: bool) -> None:
    assert of(sql, parsed=parsed) == []


def test_each_action_of_an_alter_table_is_an_effect() -> None:
    found = of("alter table t add column a numeric(1, 2) default random(), drop column b")
    assert [(e.action, e.object, e.rewrites) for e in found] == [
        ("ADD COLUMN", "t.a", True),
        ("DROP COLUMN", "t.b", False),
    ]


@pytest.mark.parametrize(
    ("column", "rewrites"),
    [
        ("int default 1", False),
        ("timestamptz default now()", False),
        ("uuid default gen_random_uuid()", True),
        ("int default own_function()", None),
        ("bigserial", True),
        ("int generated always as identity", True),
        ("int generated always as (1) stored", True),
    ],
)
def test_whether_a_new_column_rewrites_the_table(column: str, rewrites: bool | None) -> None:
    [effect] = of(f"alter table t add column c {column}")
    assert effect.rewrites is rewrites


# -- what these files make -------------------------------------------------------------------------


@both_ways
def test_tables_made_by_the_pending_files_are_nobodys_yet(parsed: bool) -> None:
    first = "create table public.t (a int); create table u (b int)"
    second = "create index i on t (a); drop table public.t; drop table v"
    [effect] = of(first, second, parsed=parsed)
    assert (effect.file, effect.object) == ("2_a.sql", "v")


@both_ways
def test_a_table_that_may_have_been_there_is_not_made_here(parsed: bool) -> None:
    assert lost("create table if not exists t (a int); drop table t", parsed=parsed) == [
        "DROP TABLE t"
    ]


@both_ways
def test_a_table_dropped_twice_is_ours_only_the_first_time(parsed: bool) -> None:
    text = "create temp table t (a int); drop table t; drop table t"
    assert lost(text, parsed=parsed) == ["DROP TABLE t"]


@both_ways
def test_a_renamed_table_is_still_the_old_one(parsed: bool) -> None:
    text = (
        "alter table t rename to t_old; create table t_new (a int);"
        "alter table t_new rename to t; drop table t_old"
    )
    assert lost(text, parsed=parsed) == ["DROP TABLE t_old"]
    [_, drop] = of(text, parsed=parsed)
    assert "t" in {thing.name for thing in drop.things}


@both_ways
def test_a_name_means_something_else_after_the_search_path_changed(parsed: bool) -> None:
    text = "create table t (a int); set search_path = app; drop table t"
    assert lost(text, parsed=parsed) == ["DROP TABLE t"]


def test_a_search_path_set_by_a_function_counts_too() -> None:
    text = "create table t (a int); select set_config('search_path', 'app', true); drop table t"
    assert lost(text) == ["DROP TABLE t"]


def test_what_a_new_schema_holds_is_new() -> None:
    assert lost("create schema s; create table if not exists s.t (a int); drop table s.t") == []


def test_a_column_made_here_may_be_filled_and_dropped() -> None:
    assert lost("alter table t add column c int; update t set c = 1") == []
    assert lost("alter table t add column c int; update t set c = 1, d = 2") == ["UPDATE t"]
    assert lost("alter table t add column c int; alter table t drop column c") == []


# -- replaced or removed ---------------------------------------------------------------------------


@both_ways
def test_a_policy_that_the_file_makes_again_is_not_lost(parsed: bool) -> None:
    again = "drop policy if exists p on public.t; create policy p on t using (true)"
    assert lost(again, parsed=parsed) == []
    assert lost("drop policy p on public.t;", parsed=parsed) == ["DROP POLICY p on public.t"]


@both_ways
def test_a_policy_made_before_it_is_dropped_is_not_kept(parsed: bool) -> None:
    text = "create or replace trigger x after insert on t execute function f(); drop trigger x on t"
    assert lost(text, parsed=parsed) == ["DROP TRIGGER x on t"]


@both_ways
def test_another_policy_is_no_replacement(parsed: bool) -> None:
    text = (
        "drop policy p on t; create policy q on t using (true); create policy p on u using (true)"
    )
    assert lost(text, parsed=parsed) == ["DROP POLICY p on t"]


def test_a_function_is_replaced_by_one_with_the_same_arguments_only() -> None:
    body = "returns int language sql as 'select 1'"
    assert lost(f"drop function f(int); create function f(a integer) {body}") == []
    assert lost(f"drop function f(int); create function f(a text) {body}") != []
    assert lost(f"drop function f; create function f(a text) {body}") == []


def test_cascade_takes_more_than_what_is_made_again() -> None:
    body = "returns int language sql as 'select 1'"
    assert lost(f"drop function f(int) cascade; create function f(a int) {body}") == [
        "DROP FUNCTION f(pg_catalog.int4)"
    ]


# -- rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "delete from t where true",
        "delete from t where 1 = 1",
        "update t set a = 1 where not false",
        "explain analyze delete from t",
        "prepare p as delete from t",
        "copy (delete from t returning *) to '/tmp/rows'",
        "create table u as with gone as (delete from t returning *) select * from gone",
        "insert into u with gone as (delete from t returning *) select * from gone",
        "with a as (select 1), b as (update t set a = 1) select * from a where true",
        "merge into t using u on t.a = u.a when not matched by source then delete",
        "update t set a = u.a from u",
        "create rule r as on insert to v do instead delete from t",
        'DELETE FROM ONLY "t" -- where a = 1',
        "delete/* */from t /* where a = 1 */",
    ],
)
def test_every_row_is_found_wherever_the_statement_hides(sql: str) -> None:
    assert len(lost(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "delete from t where a",
        "delete from t where current of c",
        "delete from t using u where u.a = t.a",
        "merge into t using u on t.a = u.a when matched then delete",
        "merge into t using u on t.a = u.a when not matched by source and t.b then delete",
    ],
)
def test_a_condition_on_the_rows_is_enough(sql: str) -> None:
    assert lost(sql) == []


# -- types, NOT NULL, protections ------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "alter table t alter c type varchar(3)",
        "alter table t alter c type int using length(c)",
        "alter table t alter c type text using null",
        "alter table t alter column c set not null",
        "alter table t add constraint n not null c",
        "alter table t no force row level security",
        "alter table t disable row level security",
        "alter role app bypassrls",
        "alter type pair drop attribute a",
        "drop type t",
        "drop extension pgcrypto",
        "drop schema s cascade",
        "drop sequence s",
        "drop owned by app",
        "drop role app",
        "drop materialized view v",
        "drop publication p",
        "drop foreign table f",
        "drop aggregate a(int)",
        "drop table a, b",
    ],
)
def test_what_needs_an_approval(sql: str) -> None:
    assert lost(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "alter table t alter c type text",
        "alter table t alter c type text using c::text",
        "alter table t alter c drop not null",
        "alter table t add constraint n check (c > 0) not valid",
        "alter table t enable row level security, force row level security",
        "alter role app nobypassrls",
        "alter table t rename to u",
        "drop index concurrently i",
    ],
)
def test_what_needs_none(sql: str) -> None:
    assert lost(sql) == []


# -- code ------------------------------------------------------------------------------------------


DO = """do $$
declare
  r record;
begin
  if exists (select from t) then
    drop table a;
  end if;
  for r in select 1 loop
    execute format('drop policy %I on public.%I', r.x, r.y);
    execute 'alter table ' || quote_ident(r.x) || ' enable row level security';
    execute r.x;
  end loop;
exception when others then
  delete from b;
end
$$"""


def test_a_do_block_is_read_statement_by_statement() -> None:
    found = [(e.line, e.action, e.object) for e in of(DO) if e.needs_approval]
    assert found == [
        (6, "DROP TABLE", "a"),
        (9, "DROP POLICY", "? on public.?"),
        (11, "EXECUTE", ""),
        (14, "DELETE", "b"),
    ]
    unseen = next(effect for effect in of(DO) if effect.action == "EXECUTE")
    assert "SQL that is built at run time cannot be seen" in unseen.note


def test_by_words_a_do_block_is_one_effect_that_says_what_it_cannot_see() -> None:
    [loss] = of("do $$ begin execute x; drop table t; end $$", parsed=False)
    assert loss.destroys
    assert "builds SQL that cannot be seen, with DROP TABLE in it" in loss.note


@both_ways
def test_words_in_texts_of_code_are_no_statements(parsed: bool) -> None:
    assert lost("do $$ begin raise notice 'drop table'; end $$", parsed=parsed) == []


@pytest.mark.parametrize(
    "function",
    [
        "language sql as 'delete from t'",
        "as $$ begin delete from t; end $$ language plpgsql",
        "language plpgsql set search_path to 'a longer one' as $$begin delete from t; end$$",
        "begin atomic delete from t; end",
        "language plpgsql as $$ declare y own[]; begin if a then delete from t; end if; end $$",
        "language plpgsql as $$ begin return query execute 'delete from t'; end $$",
        "language plpgsql as $$ begin for r in execute 'delete' || ' from t' loop end loop; end $$",
        "language plpgsql as $$ begin open c for execute 'delete from t'; end $$",
        "language plpgsql as $$ begin return query delete from t returning *; end $$",
    ],
)
@pytest.mark.parametrize("returned", ["void", "setof record"])
def test_the_body_of_a_function_is_read_where_it_is_made(function: str, returned: str) -> None:
    [effect] = of(f"create function s.f() returns {returned} {function}")
    assert (effect.action, effect.object, effect.destroys) == ("DELETE", "t", True)
    assert "in s.f(), when it is called" in effect.note


def test_the_body_of_a_trigger_function_is_read_too() -> None:
    body = "begin delete from t; new.a := 1; return new; end"
    assert lost(f"create function f() returns trigger language plpgsql as $$ {body} $$") == [
        "DELETE t"
    ]


def test_a_table_that_a_function_makes_for_itself_is_its_own() -> None:
    body = "begin create temp table if not exists w (a int); truncate w; delete from w; end"
    assert lost(f"create function f() returns void language plpgsql as $$ {body} $$") == []


def test_code_in_another_language_is_not_looked_into_and_that_is_said() -> None:
    [effect] = of("do language plpython3u $$ plpy.execute('drop table t') $$")
    assert effect.guarded
    assert "code in plpython3u is not looked into" in effect.note
    [effect] = of("create function f() returns int language plpython3u as $$ return 1 $$")
    assert not effect.needs_approval


def test_what_runs_at_run_time_in_a_function_is_said_but_nobody_must_allow_it() -> None:
    body = "begin execute x; end"
    [effect] = of(f"create function f(x text) returns void language plpgsql as $$ {body} $$")
    assert not effect.needs_approval
    assert "cannot be seen" in effect.note


def test_a_statement_that_code_alone_understands_is_judged_by_its_words() -> None:
    assert lost("do $$ declare a own[]; begin delete from t returning a into b; end $$") == [
        "EXECUTE"
    ]
    harmless = "do $$ declare a own[]; begin delete from t where c returning a into b; end $$"
    assert lost(harmless) == []


def test_after_sql_that_nobody_sees_a_name_may_be_that_of_anything() -> None:
    [_, drop] = of("do $$ begin execute x; end $$; drop table if exists t")
    assert drop.things == ()


# -- hostile text ----------------------------------------------------------------------------------


def test_a_statement_of_any_depth_is_judged() -> None:
    deep = "drop table t; select " + "(" * 3000 + "1" + ")" * 3000 + " + 1" * 500
    assert lost(deep) == ["DROP TABLE t"]
    assert lost("update t set a = " + " + ".join(["1"] * 2000)) == ["UPDATE t"]


def test_a_statement_that_the_parser_does_not_take_is_judged_by_its_words() -> None:
    [effect] = of("drop table t in a way of the next version")
    assert effect.destroys
    assert "judged by its words, not parsed" in effect.note


def test_without_a_parser_every_effect_says_so() -> None:
    assert [e.note for e in of("drop table t; truncate u", parsed=False)] == [UNREAD, UNREAD]
    assert UNREAD not in of("drop table t")[0].note


def test_quoted_and_strange_names_are_kept_apart() -> None:
    assert lost('create table "T" (a int); drop table t; drop table "T"') == ["DROP TABLE t"]
    assert lost('drop table "a""b"."c d"') == ['DROP TABLE "a""b"."c d"']
    assert lost("drop table tüv") == ['DROP TABLE "tüv"']


def test_lines_are_those_of_the_file() -> None:
    found = of("-- é\n\nselect 1;\n\n-- two\ndrop table t;\n" + DO)
    assert [e.line for e in found if e.needs_approval] == [6, 12, 15, 17, 20]


def test_a_data_file_of_megabytes_needs_no_parser() -> None:
    rows = ",".join(["(1, 'x')"] * 100_000)
    assert of(f"insert into t values {rows}") == []


def test_an_effect_reads_as_one_line() -> None:
    [effect] = of("\ndrop table t")
    assert str(effect) == (
        "1_a.sql:2 DROP TABLE t; DESTROYS; ACCESS EXCLUSIVE lock, blocks reads and writes"
    )
