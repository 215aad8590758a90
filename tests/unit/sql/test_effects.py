"""What statements lock and destroy, by their words."""

import pytest

from stackwright.sql.effect_rules import EXCLUSIVE, POLITE, ROWS, SHARE, WRITES, Effect
from stackwright.sql.effects import effects
from stackwright.sql.migration import Migration


def of(sql: str) -> list[Effect]:
    return effects([Migration("1", "a", sql)])


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
        ("drop policy if exists p on t", "DROP POLICY", "t", EXCLUSIVE, True),
        ("create trigger x after insert on t execute function f()", "CREATE TRIGGER", "t", WRITES,
         False),
    ],
)  # fmt: skip
def test_the_effect_of_a_statement(
    sql: str, action: str, name: str, lock: str, destroys: bool
) -> None:
    [effect] = of(sql)
    assert (effect.action, effect.object, effect.lock) == (action, name, lock)
    assert effect.destroys == destroys


@pytest.mark.parametrize(
    "sql",
    [
        "select 'drop table t'",
        "insert into t values (1) on conflict (a) do update set b = 1",
        "create function f() returns void language sql as 'delete from t'",
        "-- drop table t\ngrant select on t to anon",
        "comment on table t is 'drop table t'",
    ],
)
def test_statements_without_an_effect_of_note(sql: str) -> None:
    assert of(sql) == []


def test_each_action_of_an_alter_table_is_an_effect() -> None:
    found = of("alter table t add column a numeric(1, 2) default random(), drop column b")
    assert [(e.action, e.object, e.rewrites) for e in found] == [
        ("ADD COLUMN", "t.a", None),
        ("DROP COLUMN", "t.b", False),
    ]


def test_tables_made_by_the_pending_files_are_nobodys_yet() -> None:
    files = [
        Migration("1", "a", "create table if not exists public.t (a int); create table u (b int)"),
        Migration("2", "b", "create index i on t (a); drop table public.t; drop table v"),
    ]
    assert [(e.file, e.object) for e in effects(files)] == [("2_b.sql", "v")]


def test_a_policy_that_the_file_makes_again_is_not_lost() -> None:
    [drop, _] = of("drop policy if exists p on public.t; create policy p on t using (true)")
    assert not drop.destroys
    [drop] = of("drop policy p on public.t;")
    assert drop.destroys


def test_code_is_searched_for_words_and_says_what_it_cannot_see() -> None:
    [loss] = of("do $$ begin execute format('x'); drop table t; end $$")
    assert loss.destroys
    assert "builds SQL that cannot be seen, with DROP TABLE in it" in loss.note
    [harmless] = of("do $$ begin raise notice 'drop table'; end $$")
    assert not harmless.destroys


def test_an_effect_reads_as_one_line() -> None:
    [effect] = of("\ndrop table t")
    assert str(effect) == (
        "1_a.sql:2 DROP TABLE t; DESTROYS; ACCESS EXCLUSIVE lock, blocks reads and writes"
    )
