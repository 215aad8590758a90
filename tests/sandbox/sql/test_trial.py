"""What a preview says of pending files, and where it ends with an error."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stackwright import toolchain
from stackwright.clients import Clients
from stackwright.configuration import Configuration
from stackwright.context import Session
from stackwright.errors import NeedsApproval, Refused
from stackwright.sql.effects import effects
from stackwright.sql.errors import StatementFailed
from stackwright.sql.migration import Migration, load
from stackwright.sql.trial import Trial
from stackwright.toolchain.errors import ToolMissing
from tests.sandbox.sql.helpers import rows

Json = dict[str, Any]


@dataclass
class Log:
    """Keeps what the engine was told."""

    said: list[tuple[str, str]] = field(default_factory=list)

    async def log(
        self, urn: str, text: str, *, level: str = "info", ephemeral: bool = False
    ) -> None:
        self.said.append((level, text))

    def of(self, level: str) -> str:
        return "\n".join(text for said, text in self.said if said == level)


@pytest.fixture
def log() -> Log:
    return Log()


def preview(
    tmp_path: Path, dsn: str, log: Log, earlier: Sequence[Migration] = (), **inputs: Any
) -> None:
    configuration = Configuration({})
    session = Session("shop/prod", configuration, Clients(configuration), engine=log, root=tmp_path)
    files = load(tmp_path / "migrations")
    declared = {"project": "shopref", "directory": "migrations", **inputs}
    trial = Trial(session.reading("urn"), declared, files, earlier)
    asyncio.run(trial.run(effects(files), dsn))


def approved(folder: Path) -> Json:
    return {
        file.file: {"sha256": file.checksum, "by": "Ada", "why": "moved"} for file in load(folder)
    }


def test_a_preview_tells_everything_and_then_refuses(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    rows(dsn, "create table public.notes (a int)")
    (folder / "1_a.sql").write_text("drop table public.notes;")
    with pytest.raises(NeedsApproval, match=r"1_a\.sql:1 DROP TABLE public\.notes"):
        preview(tmp_path, dsn, log)
    assert "1_a.sql:1 DROP TABLE public.notes; DESTROYS; ACCESS EXCLUSIVE lock" in log.of("info")
    assert "1_a.sql:1:1 warning ban-drop-table" in log.of("info")


def test_what_has_no_way_back_is_said_where_others_have_one(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    (folder / "1_a.sql").write_text("create view a as select 1;")
    (folder / "2_b.sql").write_text("create view b as select 1;")
    preview(tmp_path, dsn, log)
    assert log.of("info").endswith("\n  1_a.sql\n  2_b.sql")
    (tmp_path / "down").mkdir()
    (tmp_path / "down/1_a.sql").write_text("drop view a;")
    preview(tmp_path, dsn, log)
    assert log.of("info").endswith("\n  1_a.sql\n  2_b.sql (no way back)")


def test_a_missing_backup_is_a_warning_in_a_preview(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    rows(dsn, "create table public.notes (a int)")
    (folder / "1_a.sql").write_text("drop table public.notes;")
    preview(tmp_path, dsn, log, approvals=approved(folder), backup_within=24.0)
    assert "this run will be refused as it stands: 1_a.sql needs a backup" in log.of("warning")


def test_a_rule_that_the_stack_refuses_ends_the_preview(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    (folder / "1_a.sql").write_text("create table t (a int);")
    preview(tmp_path, dsn, log, lint={"prefer-bigint-over-int": "warn"})
    with pytest.raises(Refused, match="prefer-bigint-over-int"):
        preview(tmp_path, dsn, log, lint={"prefer-bigint-over-int": "refuse"})


def test_without_squawk_only_a_stack_that_refuses_something_stops(
    tmp_path: Path, folder: Path, dsn: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise ToolMissing("squawk is not here")

    monkeypatch.setattr(toolchain, "squawk", missing)
    (folder / "1_a.sql").write_text("create table t (a int);")
    preview(tmp_path, dsn, log)
    assert "the migrations were not linted: squawk is not here" in log.of("warning")
    with pytest.raises(ToolMissing):
        preview(tmp_path, dsn, log, lint={"ban-drop-table": "refuse"})


def test_a_long_list_counts_what_destroys_nothing(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    rows(dsn, "create table public.notes (a int, b int)")
    columns = ", ".join(f"add column c{number} int" for number in range(70))
    (folder / "1_a.sql").write_text(f"alter table notes {columns}; alter table notes drop b;")
    preview(tmp_path, dsn, log, approvals=approved(folder))
    assert "DROP COLUMN notes.b; DESTROYS" in log.of("info")
    assert "and 70 effects that destroy nothing" in log.of("info")


def test_files_that_build_on_those_of_another_folder_are_tried_behind_them(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    (folder / "2_more.sql").write_text("alter table notes add column b int;")
    with pytest.raises(StatementFailed, match='"notes" does not exist'):
        preview(tmp_path, dsn, log)
    first = "do $$ begin create table notes (); raise notice 'made'; end $$"
    preview(tmp_path, dsn, log, earlier=[Migration("1", "notes", first)])
    assert "1 migrations are pending, tried on a shadow:\n  2_more.sql" in log.of("info")
    assert "made" not in log.of("info")


def test_a_failure_of_the_files_before_is_told_as_theirs(
    tmp_path: Path, folder: Path, dsn: str, log: Log
) -> None:
    (folder / "2_more.sql").write_text("alter table notes add column b int;")
    with pytest.raises(StatementFailed, match=r"^1_notes\.sql:1:"):
        preview(tmp_path, dsn, log, earlier=[Migration("1", "notes", "create table notes (oops")])
