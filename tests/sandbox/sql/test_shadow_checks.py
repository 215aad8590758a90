"""Checks of the schema inside a shadow run: which run, what they say, what they stop."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.sql import checks, shadow
from stackwright.sql.errors import ChecksFailed
from stackwright.sql.migration import load
from stackwright.sql.shadow import Report
from tests.sandbox.sql.helpers import rows, run
from tests.sandbox.sql.test_trial import Log, preview

SECURED = """-- check: S1 every table has row-level security
-- reads: schema
select format('%s is open', relname) as problem from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity order by 1
"""


@pytest.fixture
def asked(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the checks; one looks at the schema, one at rows; one file is pending."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checks"
    path.mkdir()
    (path / "secured.sql").write_text(SECURED)
    (path / "filled.sql").write_text("-- check: F1 there are users\nselect 'none' as problem")
    (folder / "1_t.sql").write_text("create table t (a int);")
    return path


def shadowed(folder: Path, dsn: str, *arguments: str) -> Result:
    argv = ["shadow", "--dir", str(folder), "--url", dsn, *arguments]
    return CliRunner().invoke(command, argv)


def tried(dsn: str | None, folder: Path, tmp_path: Path) -> Report:
    asked = checks.of_schema(folder)
    return asyncio.run(shadow.check(load(folder), dsn, tmp_path / ".stackwright", asked))


def test_a_failing_check_is_shown_by_id_with_its_rows_and_ends_with_1(
    dsn: str, folder: Path, asked: Path
) -> None:
    rows(dsn, "create table made_by_hand (a int)")
    result = shadowed(folder, dsn)
    assert result.exit_code == 1
    assert (
        "failed: S1 every table has row-level security: 2 rows: made_by_hand is open; t is open "
        "(secured.sql)"
    ) in result.output
    assert "F1" not in result.output
    report = json.loads(shadowed(folder, dsn, "--json").stdout)
    assert (report["ok"], report["cached"]) == (False, True)
    assert report["checks"] == [
        {
            "id": "S1",
            "title": "every table has row-level security",
            "severity": "error",
            "file": "secured.sql",
            "passed": False,
            "rows": 2,
            "samples": ["made_by_hand is open", "t is open"],
            "error": "",
        }
    ]


def test_a_warning_stops_nothing(dsn: str, folder: Path, asked: Path) -> None:
    (asked / "secured.sql").write_text(f"-- severity: warn\n{SECURED}")
    result = shadowed(folder, dsn)
    assert result.exit_code == 0
    assert "warning: S1 every table has row-level security: 1 row: t is open" in result.output


def test_a_check_that_passes_is_counted_and_runs_after_the_last_file(
    dsn: str, folder: Path, asked: Path
) -> None:
    (folder / "2_secure.sql").write_text("alter table t enable row level security;")
    result = shadowed(folder, dsn)
    assert result.exit_code == 0
    assert "1 of 1 checks of the schema passed" in result.output


def test_an_edited_check_is_asked_anew(dsn: str, folder: Path, asked: Path, tmp_path: Path) -> None:
    assert len(tried(dsn, folder, tmp_path).broken) == 1
    (asked / "secured.sql").write_text(SECURED.replace("not relrowsecurity", "false"))
    again = tried(dsn, folder, tmp_path)
    assert (again.cached, again.broken) == (False, [])


def test_what_the_shadow_cannot_have_fails_no_check_for_good(
    dsn: str, folder: Path, asked: Path, tmp_path: Path
) -> None:
    (folder / "2_far.sql").write_text("create extension absent_here;")
    report = tried(dsn, folder, tmp_path)
    assert (len(report.broken), report.fatal) == (1, [])
    assert report.notes[-1] == (
        "what is said above of the shadow may be why a check fails: it stops nothing"
    )


def test_another_major_may_word_things_otherwise_and_fails_no_check_for_good() -> None:
    failed = checks.Result(checks.Check("S1", "", "select 1"), 1, ["t is open"])
    assert Report(17, 15, checks=[failed]).fatal == []
    assert Report(17, 17, checks=[failed]).fatal == [failed]
    assert Report(17, 0, checks=[failed]).fatal == [failed]


def test_no_check_runs_after_a_file_that_failed(
    dsn: str, folder: Path, asked: Path, tmp_path: Path
) -> None:
    (folder / "2_bad.sql").write_text("drop table absent;")
    assert tried(dsn, folder, tmp_path).checks == []


def test_a_collection_is_asked_by_the_checks_of_its_own_step(
    folder: Path, asked: Path, tmp_path: Path
) -> None:
    (asked / "later.sql").write_text(
        SECURED.replace("S1", "S2").replace("\n", "\n-- after: contract\n", 1)
    )
    assert [check.id for check in checks.of_schema(folder)] == ["S1"]
    assert [check.id for check in checks.of_schema(folder, "contract")] == ["S2"]


def test_a_preview_shows_the_check_and_ends_with_it(
    tmp_path: Path, folder: Path, dsn: str, asked: Path
) -> None:
    log = Log()
    with pytest.raises(ChecksFailed, match=r"checks fail once.*\n  failed: S1 .*: t is open"):
        preview(tmp_path, dsn, log)
    assert "failed: S1 every table has row-level security: 1 row: t is open" in log.of("info")
    (asked / "secured.sql").write_text(f"-- severity: warn\n{SECURED}")
    preview(tmp_path, dsn, log)
    assert "warning: S1 every table" in log.of("info")


def test_with_nothing_pending_nothing_is_asked(dsn: str, folder: Path, asked: Path) -> None:
    run(dsn, folder)
    result = shadowed(folder, dsn)
    assert (result.exit_code, result.output) == (0, "nothing is pending\n")
