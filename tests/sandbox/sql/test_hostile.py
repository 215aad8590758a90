"""Files as people and tools really write them, on a real server: what runs, what is refused."""

from pathlib import Path

import pytest

from stackwright.errors import StackwrightError
from tests.sandbox.sql.helpers import read_ledger, rows, run

STEPS = "-- stackwright: no-transaction\n"
FINE = {
    "a byte order mark": "\ufeffselect 1;",
    "CRLF and a body with semicolons": "create function f() returns int language plpgsql as $b$\r\n"
    "begin\r\n return 1; -- a;b\r\nend $b$;\r\nselect f();\r\n",
    "nested comments": "/* a; /* b; */ $$ ' */ select 1; -- it's; over",
    "comments 5,000 deep": "/*" * 5000 + "*/" * 5000 + "select 1;",
    "nothing": "",
    "only a comment": "-- later",
    "only the directive": STEPS,
    "semicolons of their own": ";;;select 1;;;",
    "a transaction around it all": "begin; create table t (a int); commit;",
    "a savepoint": "savepoint a; create table t (a int); rollback to a; release a;",
    "a DO block": "do $$ begin create table t (a int); insert into t values (1); end $$;",
    "an empty search_path": "select pg_catalog.set_config('search_path', '', false);",
    "a role that may do little": "set role anon; select 1;",
}
REFUSED = {
    "copy t from stdin;\n1\n\\.": "1_a.sql:1:1: COPY ... FROM stdin with the data in the file is "
    "only understood by psql: use INSERT, or reference data (sql/reference/) for rows kept in a "
    "CSV",
    "select 1;\ncopy t to stdout;": "1_a.sql:2:1: COPY ... TO stdout sends rows that nobody reads "
    "here: remove it",
    "copy (select 1) to stdout;": "1_a.sql:1:1: COPY ... TO stdout sends rows that nobody reads "
    "here: remove it",
    "\\restrict x\nselect 1;": "1_a.sql:1:1: \\restrict is a command of psql, not SQL: write "
    "plain SQL, and load data with INSERT or as reference data",
    "\\copy t from 'a.csv'": "1_a.sql:1:1: \\copy is a command of psql, not SQL: write plain SQL, "
    "and load data with INSERT or as reference data",
    "select 1;\ncommit;\nselect 2;": "1_a.sql:2:1: COMMIT would end the transaction that also "
    "holds the ledger's row: remove it, or begin the file with -- stackwright: no-transaction",
    "do $x$ begin": "1_a.sql:1:4: the text quoted with $x$ is never closed",
    "select 1);": '1_a.sql:1:9: syntax error at or near ")" (42601); statement: select 1); '
    "nothing of this file was applied",
    "create table :name (a int);": '1_a.sql:1:14: syntax error at or near ":" (42601); statement: '
    "create table :name (a int); nothing of this file was applied",
    "do $$ begin commit; end $$;": "1_a.sql:1:1: invalid transaction termination (2D000); "
    "statement: do $$ begin commit; end $$; begin the file with -- stackwright: no-transaction "
    "and keep it to that one statement; nothing of this file was applied",
    STEPS + "set client_encoding = 'latin1';\nselect '€';": "1_a.sql: '€' cannot be sent in the "
    "client_encoding iso8859-1 that the file sets: remove that SET, the files are UTF-8",
}  # fmt: skip


@pytest.mark.parametrize("text", FINE.values(), ids=FINE.keys())
def test_such_a_file_runs_once_and_so_does_the_next(dsn: str, folder: Path, text: str) -> None:
    (folder / "1_a.sql").write_bytes(text.encode())
    (folder / "2_b.sql").write_text("create table here (a int);")
    assert len(run(dsn, folder).pending) == 2
    assert run(dsn, folder).pending == []
    assert rows(dsn, "select to_regclass('public.here')::text") == [("here",)]


@pytest.mark.parametrize("text", REFUSED.keys())
def test_such_a_file_is_refused_in_these_words(dsn: str, folder: Path, text: str) -> None:
    (folder / "1_a.sql").write_bytes(text.encode())
    with pytest.raises(StackwrightError) as caught:
        run(dsn, folder)
    assert str(caught.value).removeprefix("REFUSED: ") == REFUSED[text]
    assert read_ledger(dsn).applied == {}


@pytest.mark.parametrize("head", ["", STEPS], ids=["a transaction", "no transaction"])
@pytest.mark.parametrize(
    "setting", ["client_encoding = 'latin1'", "standard_conforming_strings = off"]
)
def test_what_a_file_sets_does_not_change_how_the_server_reads_what_follows(
    dsn: str, folder: Path, setting: str, head: str
) -> None:
    (folder / "1_set.sql").write_text(f"{head}create table t (a text);\nset {setting};")
    (folder / "2_text.sql").write_text(r"insert into t values ('ä\b');")
    run(dsn, folder)
    assert rows(dsn, "select a from t") == [(r"ä\b",)]


def test_a_file_that_sets_its_encoding_is_read_in_it_to_its_end(dsn: str, folder: Path) -> None:
    (folder / "1_set.sql").write_text(
        f"{STEPS}create table t (a text);\nset client_encoding = 'latin1';\n"
        "insert into t values ('ä');"
    )
    run(dsn, folder)
    assert rows(dsn, "select a from t") == [("ä",)]


@pytest.mark.parametrize("glue", [",\n", ");\ninsert into t values ("], ids=["one", "many"])
def test_five_megabytes_are_applied(dsn: str, folder: Path, glue: str) -> None:
    text = "'" + "x; " * 700 + "'"
    values = glue.join([text if glue[0] == ")" else f"({text})"] * 2500)
    begin, end = ("(", ")") if glue[0] == ")" else ("", "")
    (folder / "1_big.sql").write_text(
        f"create table t (a text);\ninsert into t values {begin}{values}{end};"
    )
    assert (folder / "1_big.sql").stat().st_size > 5_000_000
    run(dsn, folder)
    assert rows(dsn, "select count(*) from t") == [(2500,)]


def test_a_file_that_lets_the_lock_go_stops_the_run_behind_it(dsn: str, folder: Path) -> None:
    (folder / "1_let_go.sql").write_text("select pg_advisory_unlock_all();")
    (folder / "2_next.sql").write_text("create table here (a int);")
    with pytest.raises(StackwrightError, match=r"2_next.sql.*does not hold the migration lock"):
        run(dsn, folder)
    assert list(read_ledger(dsn).applied) == ["1"]
