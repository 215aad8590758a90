"""Two stacks side by side: what differs, and what was declared to differ."""

from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.sql.catalogue import Object
from stackwright.survey.comparison import Difference, Intended, compare, load, reason
from stackwright.survey.snapshot import Rows, Snapshot, Thing

DEV, PROD = Snapshot("dev"), Snapshot("prod")


def test_what_one_stack_alone_has_names_the_stack() -> None:
    dev = Snapshot("dev", things={"secret A": Thing(), "secret B": Thing()})
    prod = Snapshot("prod", things={"secret B": Thing(), "secret C": Thing()})
    assert compare(dev, prod) == [Difference("secret A", "dev"), Difference("secret C", "prod")]


def test_an_aspect_of_what_is_missing_is_no_difference_of_its_own() -> None:
    things = {"secret A": Thing(), "value of secret A": Thing("1", aspect=True)}
    assert compare(Snapshot("dev", things=things), PROD) == [Difference("secret A", "dev")]


def test_values_that_differ_show_only_what_may_be_read() -> None:
    dev = Snapshot("dev", things={"value of secret A": Thing("digest 1")})
    prod = Snapshot("prod", things={"value of secret A": Thing("digest 2")})
    assert compare(dev, prod) == [Difference("value of secret A")]


def test_objects_of_the_database_are_compared_with_their_definitions() -> None:
    shared = Object("table", "", "public.teas", "table")
    weak = Object("policy", "public.teas", "own", "CREATE POLICY own USING (true)")
    strong = Object("policy", "public.teas", "own", "CREATE POLICY own USING (id = 1)")
    extra = Object("index", "public.teas", "by_name", "CREATE INDEX by_name")
    found = compare(Snapshot("dev", [shared, weak]), Snapshot("prod", [shared, strong, extra]))
    assert found == [
        Difference("index by_name of public.teas", "prod", "", extra.definition),
        Difference("policy own of public.teas", None, weak.definition, strong.definition),
    ]


def test_rows_are_compared_by_key_and_those_of_administrators_are_theirs() -> None:
    here = Rows({"212": "a", "213": "b", "787": "own"}, frozenset({"787"}))
    there = Rows({"212": "a", "213": "c", "214": "d", "787": "file"})
    (found,) = compare(
        Snapshot("dev", tables={"public.npas": here}),
        Snapshot("prod", tables={"public.npas": there}),
    )
    assert found.subject == "rows of public.npas"
    assert found.first == "3 rows, 2 unlike; without 214; with 213"
    assert found.second == "4 rows, 2 unlike; with 213, 214"


def test_stacks_that_are_alike_have_no_difference() -> None:
    rows = {"public.npas": Rows({"212": "a"})}
    things = {"webhook /functions/v1/events": Thing()}
    objects = [Object("table", "", "public.npas", "table")]
    same = [Snapshot(name, objects, things, rows) for name in ("dev", "prod")]
    assert compare(*same) == []


@pytest.mark.parametrize(
    ("difference", "declared"),
    [
        (Difference("edge function debug-echo", "dev"), True),
        (Difference("edge function debug-echo", "prod"), False),
        (Difference("edge function debug-echo"), False),
        (Difference("edge function echo", "dev"), False),
    ],
)
def test_only_what_is_declared_for_that_very_stack_is_meant(
    difference: Difference, declared: bool
) -> None:
    lines = [Intended(what="edge function debug-*", why="staging", only_on="dev")]
    assert (reason(difference, lines) == "staging") is declared


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {what: a}", "0.why: Field required"),
        ("- {what: a, why: b, onlyon: dev}", "0.onlyon: Extra inputs are not permitted"),
        ("what: a", "Input should be a valid list"),
        ("[", "while parsing"),
    ],
)
def test_a_wrong_declaration_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "differences.yaml"
    path.write_text(text)
    with pytest.raises(UserInput, match=r"differences\.yaml: ") as caught:
        load(path)
    assert said in str(caught.value)


def test_without_a_declaration_everything_is_a_finding(tmp_path: Path) -> None:
    assert load(tmp_path / "differences.yaml") == []
