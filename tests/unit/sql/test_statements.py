"""Splitting files into statements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackwright.sql.errors import BadSql
from stackwright.sql.statements import split

postgast = pytest.importorskip("postgast")

PIECES = [
    "select 1",
    "select ';'",
    "select 'it''s; one'",
    r"select E'a\';b'",
    "select U&'d;ata'",
    'select 1 as "a;""b"',
    "select $$a;b$$",
    "select $tag$a;$$;b$tag$",
    "select 1 /* a; /* nested; */ b; */",
    "-- a; comment\nselect 2",
    "create table t (a int, b text default ';')",
    "create rule r as on insert to t do also (insert into u values (1); select 2)",
    """create function f() returns int language sql
       begin atomic select case when true then 1 else 2 end; select 3; end""",
    "create function g() returns void language plpgsql as $f$ begin perform 1; end; $f$",
    "do $$ begin if true then null; end if; end $$",
    "select a.begin from a",
    "select 1 as foo$bar$baz",
    "begin",
    "commit",
    "select $1 + $2",
    "comment on table t is E'x\\\\'",
]


def texts(sql: str) -> list[str]:
    return [statement.bare for statement in split(sql)]


def judged(sql: str) -> list[str]:
    """The statements as the server's own parser cuts them."""
    return [text.strip() for text in postgast.split(sql)]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8),
    st.sampled_from([";", ";\n", "; \r\n\t"]),
)
def test_splitting_agrees_with_the_parser_of_the_server(pieces: list[str], glue: str) -> None:
    sql = glue.join(pieces)
    ours = [statement.text for statement in split(sql)]
    assert [_stripped(text) for text in ours] == [_stripped(text) for text in judged(sql)]


@given(st.text(alphabet="ab1'\"$;-/*()E\\\n ", max_size=40))
def test_any_text_is_split_or_refused_and_never_lost(sql: str) -> None:
    try:
        statements = split(sql)
    except BadSql:
        return
    for statement in statements:
        assert sql[statement.start :].startswith(statement.text)


def test_a_statement_knows_the_line_and_column_of_its_first_word() -> None:
    [_, second] = split("select 1;\n\n-- why\n  select 2")
    assert (second.line, second.column) == (4, 3)
    assert second.text.startswith("-- why")
    assert second.bare == "select 2"


def test_an_empty_file_and_a_file_of_comments_hold_no_statement() -> None:
    assert split("") == []
    assert split(" ;; -- nothing\n /* at all */ ") == []


@pytest.mark.parametrize(
    ("sql", "reason", "line", "column"),
    [
        ("select 1;\nselect 'open", "a string is never closed", 2, 8),
        ('select "open', "a quoted name is never closed", 1, 8),
        ("select 1 /* /* */", "never closed", 1, 10),
        ("do $x$ begin", r"quoted with $x$ is never closed", 1, 4),
        ("select 1;\n\\copy t from 'x.csv'", r"\copy is a command of psql", 2, 1),
        ("copy t (a) from stdin;\n1\n\\.", "COPY ... FROM stdin", 1, 1),
    ],
)
def test_what_is_not_plain_sql_is_refused_with_its_place(
    sql: str, reason: str, line: int, column: int
) -> None:
    with pytest.raises(BadSql) as caught:
        split(sql)
    assert reason in str(caught.value)
    assert (caught.value.position.line, caught.value.position.column) == (line, column)


@pytest.mark.parametrize(
    ("sql", "opens", "ends"),
    [
        ("begin", True, False),
        ("START TRANSACTION isolation level serializable", True, False),
        ("commit", False, True),
        ("rollback", False, True),
        ("rollback to savepoint a", False, False),
        ("savepoint a", False, False),
        ("prepare transaction 'x'", False, True),
        ("prepare p as select 1", False, False),
    ],
)
def test_transaction_control_is_recognised(sql: str, opens: bool, ends: bool) -> None:
    [statement] = split(sql)
    assert (statement.opens_transaction, statement.ends_transaction) == (opens, ends)


def test_a_summary_is_one_short_line() -> None:
    [statement] = split("-- why\ncreate table t (\n  a int,\n  b " + "x" * 200 + " int)")
    assert statement.summary(30) == "create table t ( a int, b x..."


def _stripped(text: str) -> str:
    """Without the comments around it, which both cutters give to one side or the other."""
    [statement] = split(text)
    return statement.bare
