"""`stackwright sql` on a real server."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from tests.sandbox.sql.helpers import rows


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project around the folder, so that the shadow's files stay in it."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


def called(name: str, folder: Path, dsn: str, *arguments: str) -> Result:
    argv = [name, "--dir", str(folder), "--url", dsn, *arguments]
    return CliRunner().invoke(command, argv)


def answer(name: str, folder: Path, dsn: str, *arguments: str) -> Any:
    result = called(name, folder, dsn, "--json", *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_status_apply_and_status_again(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    (folder / "2_u.sql").write_text("create table u (a int);")
    assert answer("status", folder, dsn)["pending"] == ["1_t.sql", "2_u.sql"]
    assert answer("apply", folder, dsn)["applied"] == ["1_t.sql", "2_u.sql"]
    seen = answer("status", folder, dsn)
    assert (seen["applied"], seen["pending"], seen["problems"]) == (["1", "2"], [], [])
    assert answer("apply", folder, dsn)["applied"] == []


def test_status_names_an_edited_file_and_repair_settles_it(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    called("apply", folder, dsn)
    (folder / "1_t.sql").write_text("create table t (a bigint);")
    [problem] = answer("status", folder, dsn)["problems"]
    assert (problem["trouble"], problem["version"]) == ("edited", "1")
    answer("repair", folder, dsn, "1", "--status", "applied")
    assert answer("status", folder, dsn)["problems"] == []


def test_repair_looks_at_the_database_before_it_believes(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);")
    refused = called("repair", folder, dsn, "1", "--status", "applied")
    assert "creates t, which is not in the database" in str(refused.exception)
    called("apply", folder, dsn)
    refused = called("repair", folder, dsn, "1", "--status", "reverted")
    assert "created t, which is still in the database" in str(refused.exception)
    rows(dsn, "drop table t")
    answer("repair", folder, dsn, "1", "--status", "reverted")
    assert answer("status", folder, dsn)["pending"] == ["1_t.sql"]


def test_a_baseline_is_recorded_without_being_run(dsn: str, folder: Path) -> None:
    rows(dsn, "create table t (a int)")
    (folder / "1_t.sql").write_text("create table t (a int);")
    (folder / "2_u.sql").write_text("create table u (a int);")
    assert answer("baseline", folder, dsn, "1")["recorded"] == ["1_t.sql"]
    assert answer("status", folder, dsn)["pending"] == ["2_u.sql"]


def test_a_baseline_that_does_not_replay_is_refused(dsn: str, folder: Path) -> None:
    (folder / "1_t.sql").write_text("alter table made_by_hand add column b int;")
    result = called("baseline", folder, dsn, "1")
    assert "do not run on an empty database: 1_t.sql:1:1" in str(result.exception)
    assert answer("status", folder, dsn)["pending"] == ["1_t.sql"]


def test_shadow_ends_with_the_place_of_the_first_failure_and_changes_nothing(
    dsn: str, folder: Path
) -> None:
    (folder / "1_t.sql").write_text("create table t (a int);\ndrop table absent;")
    result = called("shadow", folder, dsn)
    assert result.exit_code == 1
    assert '1_t.sql:2:1: table "absent" does not exist (42P01)' in result.output
    report = json.loads(called("shadow", folder, dsn, "--json").stdout)
    failure = report["files"][0]["failure"]
    assert (report["ok"], failure["line"], failure["sqlstate"]) == (False, 2, "42P01")
    assert rows(dsn, "select to_regnamespace('stackwright'), to_regclass('t')") == [(None, None)]


def test_shadow_prints_what_is_destroyed(dsn: str, folder: Path) -> None:
    rows(dsn, "create table old (a int)")
    (folder / "1_t.sql").write_text("drop table old;")
    result = called("shadow", folder, dsn)
    assert result.exit_code == 0
    assert "1_t.sql:1 DROP TABLE old; DESTROYS; ACCESS EXCLUSIVE lock" in result.output


def test_lint_names_the_rule_and_the_line(folder: Path) -> None:
    (folder / "1_t.sql").write_text("select 1;\nalter table t alter column a type int;")
    result = CliRunner().invoke(command, ["lint", "--dir", str(folder)])
    assert result.exit_code == 0
    assert "1_t.sql:2:30 warning changing-column-type" in result.output
    assert "1_t.sql:2 ALTER COLUMN TYPE t.a; DESTROYS" in result.output


def test_lint_fails_for_what_is_no_sql(folder: Path) -> None:
    (folder / "1_t.sql").write_text("selct 1;")
    result = CliRunner().invoke(command, ["lint", "--dir", str(folder)])
    assert result.exit_code == 1
    assert "error syntax-error" in result.output


def test_without_an_address_the_way_on_is_named(folder: Path) -> None:
    result = CliRunner().invoke(command, ["status", "--dir", str(folder)])
    assert "name the database with --url" in str(result.exception)


def test_a_wrong_password_is_one_sentence_without_it(dsn: str, folder: Path) -> None:
    wrong = dsn.replace("p%40ss%20word", "s3cret-and-wrong")
    result = called("status", folder, wrong)
    assert "password authentication failed" in str(result.exception)
    assert "check the user and the password" in str(result.exception)
    assert "s3cret-and-wrong" not in str(result.exception)


def test_a_transaction_pooler_is_refused_for_writing(dsn: str, folder: Path) -> None:
    result = called("apply", folder, "postgresql://postgres@127.0.0.1:6543/postgres")
    assert "REFUSED: 127.0.0.1:6543/postgres is a pooler in transaction mode" in str(
        result.exception
    )
