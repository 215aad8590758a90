"""Approvals, and what the guard makes of them; backups on a clock of our own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackwright.clock import ManualClock
from stackwright.errors import NeedsApproval, UserInput
from stackwright.sql import approval as approving
from stackwright.sql import manifest
from stackwright.sql.effects import effects
from stackwright.sql.guard import BackupRule, Guard
from stackwright.sql.manifest import File, Manifest
from stackwright.sql.migration import Migration

DROP = Migration("20261201000000", "drop_notes", "-- a word\ndrop table public.notes;\n")
HARMLESS = Migration("20261202000000", "more", "create table public.more (a int);\n")
FULL = {"sha256": DROP.checksum, "by": "Ada Lovelace", "why": "moved to documents"}
NOW = 1_800_000_000.0


def refusal(guard: Guard, *files: Migration) -> str:
    with pytest.raises(NeedsApproval) as caught:
        guard.refuse(files, effects(files))
    return str(caught.value)


def approved(**changes: str) -> Guard:
    return Guard("shop", "prod", approving.read({DROP.file: {**FULL, **changes}}))


def test_the_refusal_names_file_line_statement_object_and_the_lines_to_add() -> None:
    assert refusal(Guard("shop", "prod"), DROP, HARMLESS) == (
        "NEEDS APPROVAL: these files lose what no later one can bring back. "
        "Nothing was run.\n"
        "20261201000000_drop_notes.sql: nobody approved it\n"
        "  20261201000000_drop_notes.sql:2 DROP TABLE public.notes\n"
        "If this is meant, add to Pulumi.prod.yaml, with your name and the reason:\n"
        "config:\n"
        "  shop:approvals:\n"
        "    20261201000000_drop_notes.sql:\n"
        f"      sha256: {DROP.checksum}\n"
        "      by: <your name>\n"
        "      why: <why this may be lost>"
    )


def test_the_named_lines_with_a_name_and_a_reason_are_enough(tmp_path: Path) -> None:
    text = approving.lines("shop", [DROP])
    (tmp_path / "Pulumi.prod.yaml").write_text(
        text.replace("<your name>", "Ada").replace("<why this may be lost>", "moved")
    )
    given = approving.of_stack(tmp_path, "shop", "organization/shop/prod")
    Guard("shop", "prod", given).refuse([DROP], effects([DROP]))
    assert approving.of_stack(tmp_path, "shop", "dev") == {}


def test_the_lines_as_they_are_printed_approve_nothing(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(approving.lines("shop", [DROP]))
    given = approving.of_stack(tmp_path, "shop", "prod")
    assert "does not say who allows it" in refusal(Guard("shop", "prod", given), DROP)


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"sha256": HARMLESS.checksum}, "another form of the file"),
        ({"sha256": DROP.checksum[:12]}, "another form of the file"),
        ({"sha256": ""}, "another form of the file"),
        ({"by": " "}, "does not say who"),
        ({"by": "???"}, "does not say who"),
        ({"why": ""}, "does not say why"),
        ({"why": "TODO"}, "does not say why"),
        ({"why": "<why this may be lost>"}, "does not say why"),
    ],
)
def test_an_approval_that_is_not_one(changes: dict[str, str], objection: str) -> None:
    assert f"{DROP.file}: its approval" in refusal(approved(**changes), DROP)
    assert objection in refusal(approved(**changes), DROP)


def test_an_approved_file_passes_and_is_named_with_who_and_why() -> None:
    guard = approved(sha256=DROP.checksum.upper())
    guard.refuse([DROP, HARMLESS], effects([DROP, HARMLESS]))
    assert guard.allowed([DROP, HARMLESS]) == [
        f"{DROP.file} was approved by Ada Lovelace: moved to documents"
    ]


def test_one_approval_does_not_cover_another_file() -> None:
    other = Migration("20261203000000", "drop_more", DROP.text)
    said = refusal(approved(), DROP, other)
    assert f"{DROP.file}: approved" in said
    assert f"{other.file}: nobody approved it" in said
    assert said.count("sha256") == 1


@pytest.mark.parametrize("given", [None, {}, {"x.sql": "yes"}, {"x.sql": None}])
def test_configuration_that_is_no_approval_approves_nothing(given: object) -> None:
    assert approving.read(given) == {}  # type: ignore[arg-type]


def test_a_stack_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config: [")
    with pytest.raises(UserInput, match=r"Pulumi\.prod\.yaml cannot be read"):
        approving.of_stack(tmp_path, "shop", "prod")


def test_harmless_files_need_neither_approval_nor_backup(tmp_path: Path) -> None:
    rule = BackupRule(24, "shopref", tmp_path, ManualClock(NOW))
    Guard("shop", "prod", {}, rule).refuse([HARMLESS], effects([HARMLESS]))


# -- the backup ------------------------------------------------------------------------------------


def kept(place: Path, hours: float, **changes: Any) -> Path:
    """A backup that began so many hours ago, of one file."""
    begun = NOW - hours * 3600
    folder = place / manifest.stamp(begun)
    folder.mkdir(parents=True)
    (folder / "database.dump").write_bytes(b"rows")
    known = Manifest(
        stack="prod", project="shopref", database="postgres", role="postgres",
        server_version="17.4",
        tool="pg_dump 17", git_sha=None, snapshot="1", started_at=manifest.iso(begun),
        finished_at=manifest.iso(begun), took_seconds=0.0, schemas=["public"], tables={},
        auth_tables={}, objects={}, platform_objects=0, extensions={}, roles=[], left_out=[],
        files=[File.of(folder, folder / "database.dump")], verified=True,
    )  # fmt: skip
    manifest.write(folder, replace(known, **changes))
    return folder


def guarded(place: Path) -> Guard:
    rule = BackupRule(24, "shopref", place, ManualClock(NOW))
    return replace(approved(), backup=rule)


def test_a_fresh_verified_backup_of_the_project_is_enough(tmp_path: Path) -> None:
    kept(tmp_path, 23)
    guarded(tmp_path).refuse([DROP], effects([DROP]))


def test_without_a_backup_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    assert refusal(guarded(tmp_path), DROP) == (
        "NEEDS APPROVAL: 20261201000000_drop_notes.sql needs a backup, and no verified backup of "
        "the last 24 hours is there: run `stackwright backup --stack prod`, or let the migrations "
        "depend on a sql.Backup. Nothing was run."
    )


@pytest.mark.parametrize(
    ("hours", "changes"),
    [
        (25, {}),
        (1, {"verified": False}),
        (1, {"project": "another"}),
        (-2, {}),
    ],
    ids=["too old", "not verified", "of another project", "from the future"],
)
def test_a_backup_that_is_not_one(hours: float, changes: dict[str, Any], tmp_path: Path) -> None:
    kept(tmp_path, hours, **changes)
    assert "needs a backup" in refusal(guarded(tmp_path), DROP)


def test_a_backup_whose_file_was_cut_off_is_none(tmp_path: Path) -> None:
    folder = kept(tmp_path, 1)
    (folder / "database.dump").write_bytes(b"ro")
    assert "lacks a file" in refusal(guarded(tmp_path), DROP)


def test_a_preview_refuses_only_what_nobody_approved(tmp_path: Path) -> None:
    guard, found = guarded(tmp_path), effects([DROP])
    guard.refuse_unapproved([DROP], found)
    assert "needs a backup" in guard.missing_backup(found)
