"""`stackwright sql export` on a real server."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql.export import command
from stackwright.errors import Refused, StackwrightError, UserInput
from tests.sandbox.sql.helpers import rows


def called(dsn: str, table: str, output: Path, *more: str) -> Result:
    return CliRunner().invoke(command, [table, "--url", dsn, "--output", str(output), *more])


def test_every_row_of_a_table_comes_out_sorted_private_and_counted(
    dsn: str, tmp_path: Path
) -> None:
    rows(dsn, "create table old (npa text, note text)")
    rows(dsn, """insert into old values ('212', 'a, "b"'), ('201', null), ('212', 'a, "b"')""")
    path = tmp_path / "old.csv"
    result = called(dsn, "old", path)
    assert result.exit_code == 0, result.exception
    assert path.read_text() == 'npa,note\n201,\n212,"a, ""b"""\n212,"a, ""b"""\n'
    assert "3 rows" in result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = json.loads(called(dsn, "public.old", tmp_path, "--json").stdout)
    assert Path(again["path"]).read_text() == path.read_text()
    assert f"sha-256 {again['sha256']}" in result.output


def test_nothing_is_overwritten(dsn: str, tmp_path: Path) -> None:
    rows(dsn, "create table old (npa text)")
    (tmp_path / "old.csv").write_text("older")
    refused = called(dsn, "old", tmp_path / "old.csv").exception
    assert isinstance(refused, Refused)
    assert (tmp_path / "old.csv").read_text() == "older"


@pytest.mark.parametrize("table", ["", ".", "a.b.c"])
def test_what_is_no_name_of_a_table_is_refused(dsn: str, tmp_path: Path, table: str) -> None:
    assert isinstance(called(dsn, table, tmp_path).exception, UserInput)


def test_a_table_that_is_missing_is_one_sentence(dsn: str, tmp_path: Path) -> None:
    failed = called(dsn, "absent", tmp_path).exception
    assert isinstance(failed, StackwrightError)
    assert 'relation "public.absent" does not exist' in str(failed)
    assert list(tmp_path.iterdir()) == []
