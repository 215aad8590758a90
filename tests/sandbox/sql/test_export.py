"""`stackwright export` on a real server: a table as its declared data file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stackwright.cli import export
from stackwright.postgres.server import Postgres
from stackwright.sql.reference import ReferenceData
from stackwright.stack import Resource
from tests.sandbox.sql.codes import HEAD, TABLE, contents, declared, loaded
from tests.sandbox.sql.helpers import rows

FILE = "codes.csv"
ROWS = '001,1,file,true\n002,,"fi,le",\n'


class Declares:
    """A stack with these resources of one project."""

    def __init__(self, folder: Path, **files: str) -> None:
        self.folder, self.name = folder, "dev"
        self.files = files

    def resources(self) -> list[Resource]:
        inputs = {name: {"project": "a" * 20, "file": file} for name, file in self.files.items()}
        return [
            Resource(f"urn::{name}", export.TOKEN, f"ref/{given['file']}", given, {})
            for name, given in inputs.items()
        ]


@pytest.fixture
def table(dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A table that was loaded from the file, in a stack that declares it."""
    rows(dsn, TABLE)
    loaded(dsn, declared(folder, ROWS))
    monkeypatch.setenv("SUPABASE_DB_URL", dsn)
    declares(monkeypatch, folder, codes=FILE)
    return dsn


def declares(monkeypatch: pytest.MonkeyPatch, folder: Path, **files: str) -> None:
    monkeypatch.setattr(export, "selected", lambda _, name: Declares(folder, **files))


def called(*arguments: str) -> Result:
    return CliRunner().invoke(export.command, arguments)


def said(*arguments: str) -> str:
    result = called(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def records(folder: Path) -> str:
    return (folder / FILE).read_text().partition("\n")[2]


def test_the_table_of_a_loaded_file_is_that_file_byte_for_byte(table: str, folder: Path) -> None:
    before = (folder / FILE).stat()
    assert called("--check").exit_code == 0
    assert "2 rows; no difference" in said()
    assert records(folder) == ROWS
    assert (folder / FILE).stat() == before


def test_changes_of_the_table_are_told_by_key_and_written_in_order(
    table: str, folder: Path
) -> None:
    rows(table, "delete from codes where code = '001'")
    rows(table, "update codes set score = 5 where code = '002'")
    rows(table, "insert into codes (code) values ('010'), ('003')")
    told = "added 2 (003, 010); changed 1 (002); removed 1 (001)"
    checked = called("--check")
    assert (checked.exit_code, told in checked.output) == (4, True)
    assert records(folder) == ROWS
    assert told in said()
    assert records(folder) == '002,5,"fi,le",\n003,,file,\n010,,file,\n'
    assert called("--check").exit_code == 0


def test_keys_are_in_the_order_of_their_bytes_whatever_the_database_thinks(
    table: str, folder: Path
) -> None:
    rows(table, 'alter table codes alter column code type text collate "und-x-icu"')
    rows(table, "insert into codes (code) values ('a'), ('B')")
    said()
    assert records(folder) == ROWS + "B,,file,\na,,file,\n"


def test_rows_that_are_somebodys_own_are_left_out_unless_all_are_asked_for(
    table: str, folder: Path
) -> None:
    rows(table, "insert into codes (code, source) values ('900', 'manual')")
    assert "2 rows; kept 1 (900)" in said()
    assert records(folder) == ROWS
    assert "added 1 (900)" in said("--all")
    assert records(folder) == ROWS + "900,,manual,\n"


def test_the_files_row_stays_where_somebodys_own_stands_in_for_it(table: str, folder: Path) -> None:
    rows(table, "update codes set score = 8, source = 'manual' where code = '001'")
    assert "2 rows; kept 1 (001)" in said()
    assert records(folder) == ROWS


def test_without_a_file_all_columns_are_written_that_are_not_excluded(
    table: str, folder: Path
) -> None:
    rows(table, "alter table codes add at timestamptz default now(), "
        "add twice int generated always as (score * 2) stored")  # fmt: skip
    (folder / FILE).unlink()
    (folder / "codes.yaml").write_text(HEAD + "exclude: [id, at]\n")
    assert "2 rows, and there is no file yet" in said()
    assert (folder / FILE).read_text() == "code,score,source,active\n" + ROWS


def test_a_file_that_is_no_data_file_any_more_is_replaced(table: str, folder: Path) -> None:
    (folder / FILE).write_text('code,score,source,active\n"00"1,1,file,true\n')
    assert "added 2 (001, 002)" in said()
    assert records(folder) == ROWS


def test_rules_that_the_table_breaks_are_told(table: str, folder: Path) -> None:
    (folder / "codes.yaml").write_text(HEAD + "rows: 2\n")
    rows(table, "insert into codes (code) values ('003')")
    result = called()
    assert "codes.csv: it has 3 rows, and 2 are declared" in result.stderr
    assert result.exit_code == 0


def test_a_table_with_empty_text_is_refused_by_its_column(table: str, folder: Path) -> None:
    rows(table, "insert into codes (code, source) values ('003', '')")
    result = called()
    assert "column source holds empty text" in str(result.exception)
    assert records(folder) == ROWS


def test_rows_that_a_policy_hides_are_an_error_and_not_an_empty_file(
    server: Postgres, table: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = table.rpartition("/")[2]
    admin = server.admin_dsn(name)
    rows(admin, "create role guest login password 'g'; grant select on codes to guest")
    rows(admin, "alter table codes enable row level security")
    monkeypatch.setenv("SUPABASE_DB_URL", server.dsn("guest", name, "g"))
    assert "would be affected by row-level security" in str(called().exception)
    assert records(folder) == ROWS
    rows(admin, "drop owned by guest cascade; drop role guest")


def test_another_place_can_be_named(table: str, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "other.csv"
    assert f"{target} was written" in said("--output", str(target))
    assert target.read_text() == (folder / FILE).read_text()
    missing = called("--output", str(tmp_path / "no" / "x.csv"))
    assert "there is no folder" in str(missing.exception)


def test_a_write_that_fails_leaves_the_file_and_no_draft(
    table: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(table, "delete from codes where code = '001'")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert called().exit_code == 1
    assert records(folder) == ROWS
    assert sorted(path.name for path in folder.iterdir()) == ["codes.csv", "codes.yaml"]


def test_one_of_several_must_be_named(
    table: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declares(monkeypatch, folder, codes=FILE, teas="teas.csv")
    assert "there are several; name one of codes, teas" in str(called().exception)
    assert "there is no x; name one of" in str(called("x").exception)
    assert "no difference" in said("codes")
    declares(monkeypatch, folder)
    assert "has no reference data" in str(called().exception)


def test_json_has_the_counts(table: str, folder: Path) -> None:
    rows(table, "delete from codes where code = '001'")
    found: dict[str, Any] = json.loads(called("--check", "--json").stdout)
    assert (found["rows"], found["difference"], found["current"]) == (1, {"removed": 1}, False)


def test_an_export_loads_into_another_database_without_a_difference(
    table: str, folder: Path
) -> None:
    rows(table, "insert into codes (code, score) values ('003', 3)")
    said()
    assert str(loaded(table, ReferenceData.load(folder / FILE))) == "no difference"
    assert len(contents(table)) == 3
