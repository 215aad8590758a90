"""Files that wait, on a real server: what a run leaves out, and when it takes it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackwright.cli.sql import command
from stackwright.sandbox.supabase import projects, routes
from stackwright.sql.migration import load
from tests.engine import Declared, Program
from tests.sandbox.lifecycle.worlds import bench
from tests.sandbox.sql.backups import REF
from tests.sandbox.sql.helpers import rows, run

WAITS = "-- stackwright: not-before 30 days after 1\n"
AGE = (
    "update stackwright.migrations set finished_at = finished_at - interval '{}' where version='1'"
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One table, its renaming after 30 days, its end once approved, and one more file."""
    path = tmp_path / "sql/migrations"
    path.mkdir(parents=True)
    (path / "1_teas.sql").write_text("create table teas (a int);")
    (path / "2_old.sql").write_text(f"{WAITS}alter table teas rename to old_teas;")
    (path / "3_end.sql").write_text("-- stackwright: once-approved\ndrop table old_teas;")
    (path / "4_cups.sql").write_text("create table cups (a int);")
    return path


def called(name: str, folder: Path, dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, [name, "--dir", str(folder), "--url", dsn, *arguments])


def tables(dsn: str) -> list[str]:
    found = "select tablename from pg_tables where schemaname = 'public' order by 1"
    return [name for (name,) in rows(dsn, found)]


def test_a_run_leaves_out_what_waits_and_says_so(dsn: str, folder: Path) -> None:
    done = called("apply", folder, dsn)
    assert done.exit_code == 0, done.output
    assert "2 applied" in done.output
    assert "2_old.sql waits: it is due 30 days after 1, which is not applied yet" in done.output
    assert tables(dsn) == ["cups", "teas"]
    status = json.loads(called("status", folder, dsn, "--json").stdout)
    assert list(status["waiting"]) == ["2_old.sql", "3_end.sql"]
    assert status["pending"] == []
    assert "30 days after 1 was applied" in status["waiting"]["2_old.sql"]


def test_the_server_s_clock_and_the_recorded_day_decide(dsn: str, folder: Path) -> None:
    run(dsn, folder)
    rows(dsn, AGE.format("29 days 23 hours"))
    run(dsn, folder)
    assert tables(dsn) == ["cups", "teas"]
    rows(dsn, AGE.format("2 hours"))
    run(dsn, folder)
    assert tables(dsn) == ["cups", "old_teas"]


def test_what_wants_a_yes_runs_with_an_approval_of_that_form_only(dsn: str, folder: Path) -> None:
    run(dsn, folder)
    rows(dsn, AGE.format("30 days"))
    run(dsn, folder)
    [end] = [file for file in load(folder) if file.version == "3"]
    named = ("--by", "Ada", "--why", "nobody reads it")
    other = called("apply", folder, dsn, "--approve", f"3_end.sql={'0' * 64}", *named)
    assert (other.exit_code, tables(dsn)) == (0, ["cups", "old_teas"])
    assert "3_end.sql waits: nobody approved it in this form" in other.output
    right = called("apply", folder, dsn, "--approve", f"3_end.sql={end.checksum}", *named)
    assert (right.exit_code, tables(dsn)) == (0, ["cups"])
    assert "3_end.sql was approved by Ada: nobody reads it" in right.output


def test_the_shadow_tries_what_is_due_and_drift_knows_what_was_late(dsn: str, folder: Path) -> None:
    run(dsn, folder)
    rows(dsn, AGE.format("30 days"))
    (folder / "2_old.sql").write_text(f"{WAITS}alter table absent rename to old_teas;")
    tried = called("shadow", folder, dsn)
    assert (tried.exit_code, "2_old.sql:2:1" in tried.output) == (1, True), tried.output
    (folder / "2_old.sql").write_text(f"{WAITS}alter table teas rename to old_teas;")
    run(dsn, folder)
    drift = called("drift", folder, dsn)
    assert drift.exit_code == 0, drift.output


def test_a_stack_with_a_waiting_file_is_unchanged_until_its_day(
    dsn: str, folder: Path, tmp_path: Path
) -> None:
    shop = bench(tmp_path, {"supabase": routes.app}, SUPABASE_DB_URL=dsn)
    files = {file.file: file.checksum for file in load(folder)}
    yes = {"sha256": files["3_end.sql"], "by": "Ada", "why": "nobody reads it"}

    def program(**approvals: dict[str, str]) -> Program:
        given = {"project": REF, "files": files, "directory": str(folder), "approvals": approvals}
        return {"migrations": Declared("stackwright:sql:Migrations", given)}

    async def scene() -> None:
        projects.add(shop.world, REF, "us-east-1", "unused", ref=REF)
        projects.set_status(shop.world, REF, projects.HEALTHY)
        assert await shop.engine.up(program()) == ["create migrations"]
        assert "2_old.sql waits" in shop.log
        outputs = shop.engine.saved("migrations").outputs
        assert (outputs["applied"], outputs["waiting"]) == (["1", "4"], ["2_old.sql", "3_end.sql"])
        assert await shop.engine.up(program()) == []
        await shop.engine.refresh()
        assert await shop.engine.up(program()) == []
        rows(dsn, AGE.format("31 days"))
        await shop.engine.refresh()
        assert await shop.engine.up(program()) == ["update migrations"]
        assert shop.engine.saved("migrations").outputs["waiting"] == ["3_end.sql"]
        assert tables(dsn) == ["cups", "old_teas"]
        assert await shop.engine.up(program(**{"3_end.sql": yes})) == ["update migrations"]

    shop.run(scene)
    assert tables(dsn) == ["cups"]
