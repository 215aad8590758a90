"""Reference data on a real server."""

from pathlib import Path

import pytest

from stackwright.postgres.server import Postgres
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_difference import Difference, Keys
from stackwright.sql.reference_status import Status
from tests.sandbox.sql.codes import HEAD, TABLE, contents, declared, loaded, previewed, state
from tests.sandbox.sql.helpers import rows


@pytest.fixture
def table(dsn: str) -> str:
    rows(dsn, TABLE)
    return dsn


def test_the_table_becomes_equal_to_the_file(table: str, folder: Path) -> None:
    data = declared(folder, '001,1,file,true\n002,,"fi,le",f\n')
    expected = Difference(added=Keys(2, [("001",), ("002",)]))
    assert str(previewed(table, data)) == str(expected)
    assert str(loaded(table, data)) == "added 2 (001, 002)"
    assert contents(table) == [("001", 1, "file", True), ("002", None, "fi,le", False)]
    assert previewed(table, data).is_empty


def test_a_changed_file_updates_only_what_differs_and_keeps_ids(table: str, folder: Path) -> None:
    loaded(table, declared(folder, "001,1,file,t\n002,2,file,t\n"))
    before = rows(table, "select id, code, xmin::text from codes order by code")
    data = declared(folder, "001,1,file,true\n002,9,file,true\n003,3,file,true\n")
    assert str(loaded(table, data)) == "added 1 (003); changed 1 (002)"
    after = rows(table, "select id, code, xmin::text from codes order by code")
    assert after[0] == before[0]
    assert (after[1][0], after[1][2] != before[1][2]) == (before[1][0], True)


def test_protected_rows_are_listed_and_stay(table: str, folder: Path) -> None:
    rows(table, "insert into codes (code, score, source) values ('001', 7, 'manual')")
    rows(table, "insert into codes (code, score, source) values ('900', 8, 'manual')")
    data = declared(folder, "001,1,file,t\n", HEAD + "prune: true\n")
    assert str(loaded(table, data)) == "kept 2 (001, 900)"
    assert contents(table) == [("001", 7, "manual", None), ("900", 8, "manual", None)]


def test_rows_that_the_file_lacks_stay_unless_pruning_is_declared(table: str, folder: Path) -> None:
    rows(table, "insert into codes (code) values ('800')")
    assert str(loaded(table, declared(folder, "001,1,file,t\n"))) == "added 1 (001); extra 1 (800)"
    pruning = declared(folder, "001,1,file,t\n", HEAD + "prune: true\n")
    assert str(previewed(table, pruning)) == "removed 1 (800)"
    loaded(table, pruning)
    assert [row[0] for row in contents(table)] == ["001"]


def test_an_edited_row_of_the_file_is_current_only_after_it_was_loaded(
    table: str, folder: Path
) -> None:
    first = declared(folder, "001,1,file,t\n")
    assert not state(table, first).is_current(first)
    loaded(table, first)
    assert state(table, first).is_current(first)
    edited = declared(folder, "001,2,file,t\n")
    assert not state(table, edited).is_current(edited)


def test_lost_rows_make_an_unchanged_file_load_again(table: str, folder: Path) -> None:
    data = declared(folder, "001,1,file,t\n002,1,file,t\n")
    loaded(table, data)
    rows(table, "delete from codes where code = '002'")
    assert state(table, data) == Status(True, 1, data.checksum, 2)
    assert not state(table, data).is_current(data)


def test_a_missing_table_is_said(dsn: str, folder: Path) -> None:
    data = declared(folder, "001,1,file,t\n")
    assert state(dsn, data) == Status(False)
    with pytest.raises(BadReferenceData, match=r"public\.codes.* does not exist"):
        previewed(dsn, data)


def test_a_value_that_the_table_refuses_changes_nothing(table: str, folder: Path) -> None:
    loaded(table, declared(folder, "001,1,file,t\n"))
    data = declared(folder, "001,5,file,t\n002,2,bad,t\n")
    with pytest.raises(BadReferenceData, match=r"violates check constraint .* nothing was changed"):
        loaded(table, data)
    assert contents(table) == [("001", 1, "file", True)]


def test_a_trigger_that_changes_the_rows_is_noticed_before_the_commit(
    table: str, folder: Path
) -> None:
    rows(
        table,
        "create function spoil() returns trigger language plpgsql as "
        "$$ begin new.score := 0; return new; end $$",
    )
    rows(table, "create trigger spoil before insert on codes for each row execute function spoil()")
    data = declared(folder, "001,1,file,t\n")
    with pytest.raises(BadReferenceData, match="after the load 1 rows differ from the file"):
        loaded(table, data)
    assert contents(table) == []
    assert state(table, data).checksum is None


def test_a_large_table_is_not_counted_to_its_end_by_a_diff(
    table: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackwright.sql.reference_status.MOST_COUNTED", 2)
    data = declared(folder, "".join(f"{n},1,file,t\n" for n in range(5)))
    loaded(table, data)
    assert (state(table, data).rows, state(table, data).is_current(data)) == (2, True)
    rows(table, "truncate codes")
    assert not state(table, data).is_current(data)


def test_keys_that_are_one_number_are_refused(table: str, folder: Path) -> None:
    rows(table, "alter table codes alter column code type int using code::int")
    data = declared(folder, "1,1,file,t\n01,2,file,t\n")
    with pytest.raises(BadReferenceData, match=r"2 rows .* only 1 different keys"):
        loaded(table, data)
    assert contents(table) == []


def test_rows_that_a_policy_hides_are_not_taken_for_loaded(
    server: Postgres, table: str, folder: Path
) -> None:
    name = table.rpartition("/")[2]
    loaded(table, declared(folder, "001,1,file,t\n"))
    admin = server.admin_dsn(name)
    rows(admin, "create role loader login password 'l'")
    rows(admin, f'grant create on database "{name}" to loader')
    rows(admin, "grant all on codes, codes_id_seq to loader; grant all on schema stackwright "
        "to loader; grant all on all tables in schema stackwright to loader")  # fmt: skip
    rows(admin, "alter table codes enable row level security")
    rows(admin, "create policy see on codes for select using (true)")
    with pytest.raises(BadReferenceData, match=r"1 rows differ from the file: .* policy hides"):
        loaded(server.dsn("loader", name, "l"), declared(folder, "001,2,file,t\n"))
    rows(admin, "drop owned by loader cascade; drop role loader")


def test_a_second_table_has_not_been_loaded_by_the_first(table: str, folder: Path) -> None:
    loaded(table, declared(folder, "001,1,file,t\n"))
    rows(table, "create table others (like codes including all)")
    other = declared(folder, "001,1,file,t\n", HEAD.replace("codes", "others"))
    assert state(table, other) == Status(True)


def test_rows_that_the_server_reads_otherwise_are_not_taken_for_loaded(
    table: str, folder: Path
) -> None:
    """A line of `\\.` ends a COPY of a server before 18, and the rows behind it are lost."""
    rows(table, "create table words (word text primary key)")
    (folder / "words.csv").write_text("word\none\n\\.\ntwo\n")
    (folder / "words.yaml").write_text("table: public.words\nkey: word\n")
    with pytest.raises(BadReferenceData, match=r"of 3 rows the server read 1: .*nothing was"):
        loaded(table, ReferenceData.load(folder / "words.csv"))
    assert rows(table, "select * from words") == []
