"""Differences between two catalogues, and the SQL that loses nothing."""

import pytest

from stackwright.sql.catalogue import Object
from stackwright.sql.drift import Change, Report, compare
from stackwright.sql.drift_sql import creation, replacement

TABLE = Object("table", "", "public.t", "table")
ID = Object(
    "column", "public.t", "id", "bigint DEFAULT nextval('public.t_id_seq'::regclass) NOT NULL"
)
OWN = Object("sequence", "public.t", "public.t_id_seq", "the column's own")
OPEN = [
    Object("grant", "TABLE public.t", role, f"GRANT {privileges} ON TABLE public.t TO {role}")
    for role in ("anon", "authenticated", "service_role")
    for privileges in ("DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE",)
]


def column(definition: str) -> Object:
    return Object("column", "public.t", "a", definition)


def test_equal_catalogues_have_no_difference() -> None:
    assert compare([TABLE, ID, *OPEN], [*OPEN, ID, TABLE]) == []


def test_a_table_comes_with_its_columns_grants_and_sequences() -> None:
    [difference] = compare([TABLE, ID, OWN, *OPEN], [])
    assert (difference.change, difference.kind) == (Change.EXTRA, "table")
    assert difference.adopt == "CREATE TABLE public.t (\n    id bigserial\n)"


def test_a_default_from_a_sequence_of_its_own_stays_as_it_is_written() -> None:
    shared = Object("sequence", "", "public.t_id_seq", "CREATE SEQUENCE public.t_id_seq")
    assert "nextval('public.t_id_seq'::regclass)" in creation(TABLE, [TABLE, ID, shared])


def test_a_table_that_is_closed_to_a_role_is_not_opened_by_taking_it_over() -> None:
    made = creation(TABLE, [TABLE, ID, OWN, *OPEN[1:]])
    assert "REVOKE ALL ON TABLE public.t FROM anon, authenticated, service_role;" in made
    assert "TO anon" not in made
    assert "TO service_role" in made


@pytest.mark.parametrize(
    ("definition", "safe"),
    [
        ("text", True),
        ("text NOT NULL", False),
        ("text DEFAULT 'a'::text NOT NULL", True),
        ("integer GENERATED ALWAYS AS IDENTITY NOT NULL", True),
    ],
)
def test_a_column_is_only_added_where_rows_allow_it(definition: str, safe: bool) -> None:
    made = creation(column(definition), [])
    assert made == (f"ALTER TABLE public.t ADD COLUMN a {definition}" if safe else "")


@pytest.mark.parametrize(
    ("wanted", "present", "said"),
    [
        ("integer DEFAULT 2", "integer DEFAULT 1", "SET DEFAULT 2"),
        ("integer DEFAULT 2", "bigint DEFAULT 1", ""),
        ("integer", "integer DEFAULT 1", ""),
        ("integer DEFAULT 2 NOT NULL", "integer DEFAULT 1", ""),
        ("integer NOT NULL", "integer", ""),
    ],
)
def test_of_a_changed_column_only_the_default_is_set(wanted: str, present: str, said: str) -> None:
    made = replacement(column(wanted), column(present))
    assert made == (f"ALTER TABLE public.t ALTER COLUMN a {said}" if said else "")


def test_a_privilege_is_given_but_never_taken() -> None:
    less = Object("grant", "TABLE public.t", "anon", "GRANT SELECT ON TABLE public.t TO anon")
    more = OPEN[0]
    assert replacement(more, less) == more.definition
    assert replacement(less, more) == ""


def test_what_others_need_comes_first() -> None:
    objects = [
        Object("policy", "public.t", "p", "CREATE POLICY p ON public.t"),
        Object("constraint", "public.t", "a_fk", "ALTER TABLE public.t ADD FOREIGN KEY (a)"),
        Object("constraint", "public.u", "u_pk", "ALTER TABLE public.u ADD PRIMARY KEY (a)"),
        TABLE,
        Object("type", "", "public.e", "CREATE TYPE public.e AS ENUM ()"),
    ]
    found = [item.name for item in compare(objects, [])]
    assert found == ["public.e", "public.t", "u_pk", "a_fk", "p"]


def test_a_script_ends_each_statement_and_leaves_out_what_is_not_safe() -> None:
    report = Report(compare([column("text NOT NULL"), column("x")][1:], []))
    assert report.adopt == "ALTER TABLE public.t ADD COLUMN a x;\n"
    assert Report(compare([column("text NOT NULL")], [])).adopt == ""
