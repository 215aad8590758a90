"""Backups of a real database: what is in them, what is not, and how they are proven."""

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from stackwright.cli.backup import command
from stackwright.postgres.server import Postgres
from stackwright.sql import backup, client_tools, default_privileges, inventory, restore_sql
from stackwright.sql.client_tools import ToolFailed
from stackwright.sql.errors import DatabaseRefused
from tests.sandbox.sql.backups import KEY, SHOP, known, made
from tests.sandbox.sql.helpers import rows

CONTENT = ("database.dump", "auth.dump", "platform.sql", "catalogue.json")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_backup_counts_every_table_and_is_proven_by_a_restore(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path)
    seen = known(folder)
    assert seen.verified, seen.verified_note
    assert seen.tables == {"app.events_2026": 2, "public.Odd Name": 100, "public.profiles": 3}
    assert seen.auth_tables == {"auth.users": 3, "auth.identities": 3}
    assert seen.schemas == ["app", "public"]
    assert (seen.objects["policy"], seen.objects["function"], seen.objects["trigger"]) == (1, 1, 1)
    assert seen.server_version.startswith("17.")
    assert seen.verified_on == "PostgreSQL 17"
    assert files(folder) == {"manifest.json", *CONTENT}


def test_nothing_of_a_backup_can_be_read_by_others(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False, jobs=2)
    assert (folder / "database").is_dir()
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_several_jobs_write_a_folder_that_is_proven_too(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    seen = known(made(dsn, tmp_path, jobs=2))
    assert seen.verified, seen.verified_note
    assert any(file.name.startswith("database/") for file in seen.files)


def test_an_encrypted_backup_holds_no_plain_row_and_is_proven(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, key=KEY, jobs=4)
    seen = known(folder)
    assert seen.verified, seen.verified_note
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in (b"PGDMP", b"on_auth_user_created", b"u1@example.org", KEY.encode()):
        assert secret not in content


def test_an_encrypted_backup_opens_without_us(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, key=KEY, verify=False)
    encryption = known(folder).encryption
    assert encryption is not None
    opened = subprocess.run(
        [*encryption["open_with"].split(), "-in", str(folder / "platform.sql")],
        env={"STACKWRIGHT_BACKUP_KEY": KEY, "PATH": "/usr/bin:/bin"},
        capture_output=True,
    )
    assert b"CREATE TRIGGER on_auth_user_created" in opened.stdout


def test_counts_and_rows_are_of_one_moment(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that others write between the counting and the copying are in neither."""
    rows(dsn, SHOP)
    take = inventory.take

    async def counted_then_written(*given: Any) -> inventory.Inventory:
        found = await take(*given)
        rows(dsn, 'insert into public."Odd Name" default values')
        return found

    monkeypatch.setattr(inventory, "take", counted_then_written)
    folder = made(dsn, tmp_path, verify=False)
    monkeypatch.undo()
    assert rows(dsn, 'select count(*) from public."Odd Name"') == [(101,)]
    seen = verified(folder, tmp_path)
    assert seen["verified"], seen["verified_note"]
    assert seen["tables"]["public.Odd Name"] == 100


def verified(folder: Path, root: Path, key: str | None = None) -> dict[str, Any]:
    import asyncio

    options = backup.Options(root=root / ".stackwright", key=key)
    asyncio.run(backup.verify(folder, options))
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return content


def test_a_backup_whose_rows_are_not_all_there_is_not_verified(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False)
    content = json.loads((folder / "manifest.json").read_text())
    content["tables"]["public.profiles"] = 4
    (folder / "manifest.json").write_text(json.dumps(content))
    seen = verified(folder, tmp_path)
    assert not seen["verified"]
    assert "public.profiles holds 3 rows instead of 4" in seen["verified_note"]


def test_a_backup_that_lacks_a_policy_is_not_verified(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(dsn, SHOP)
    folder = made(dsn, tmp_path, verify=False)
    kept = restore_sql.kept

    def without_policies(listed: list[str], powers: frozenset[str]) -> list[str]:
        return [line for line in kept(listed, powers) if " POLICY " not in line]

    monkeypatch.setattr(restore_sql, "kept", without_policies)
    note = verified(folder, tmp_path)["verified_note"]
    assert note == "restored, but not as it was: policy own of public.profiles"


def test_a_backup_that_would_open_a_table_is_not_verified(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(dsn, "create table public.shut (a int); revoke all on public.shut from anon")
    folder = made(dsn, tmp_path, verify=False)
    monkeypatch.setattr(default_privileges.Rule, "set_aside", lambda rule: [])
    note = verified(folder, tmp_path)["verified_note"]
    assert note == "restored, but not as it was: grant anon of TABLE public.shut"


def test_a_role_that_the_throw_away_server_lacks_is_made_there(
    server: Postgres, dsn: str, tmp_path: Path
) -> None:
    rows(dsn, "create table t (a int); create role tea_clerk; grant select on t to tea_clerk")
    try:
        seen = known(made(dsn, tmp_path))
    finally:
        rows(dsn, "drop table t; drop role tea_clerk")
    assert "tea_clerk" in seen.roles
    assert seen.verified, seen.verified_note


def test_the_database_is_only_read(dsn: str, tmp_path: Path) -> None:
    rows(dsn, SHOP)
    before = rows(dsn, "select count(*), max(xmin::text::bigint) from pg_class")
    made(dsn, tmp_path, verify=False)
    assert rows(dsn, "select count(*), max(xmin::text::bigint) from pg_class") == before


def test_a_role_that_sees_only_some_rows_gets_no_backup(
    server: Postgres, dsn: str, tmp_path: Path
) -> None:
    """A policy would cut the counts and the dump alike, and nobody would notice."""
    rows(dsn, SHOP)
    admin = server.admin_dsn(dsn.rpartition("/")[2])
    rows(admin, "create role reader login password 'p'; grant pg_read_all_data to reader")
    try:
        with pytest.raises(DatabaseRefused, match="row-level security policy for table"):
            made(dsn.replace("postgres:p%40ss%20word@", "reader:p@"), tmp_path)
    finally:
        rows(admin, "drop role reader")
    assert left_in(tmp_path) == []


def left_in(root: Path) -> list[Path]:
    return list((root / ".stackwright" / "backups" / "dev").iterdir())


def test_a_failed_dump_leaves_nothing_and_shows_no_password(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no matching schemas were found") as error:
        made(dsn, tmp_path, schemas=("absent",))
    assert "p@ss word" not in str(error.value)
    assert left_in(tmp_path) == []


def test_a_failed_dump_leaves_nothing_when_it_is_encrypted(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no matching schemas were found"):
        made(dsn, tmp_path, schemas=("absent",), key=KEY)
    assert left_in(tmp_path) == []


def test_a_busy_table_is_not_waited_for_without_end(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(dsn, SHOP)
    monkeypatch.setattr(inventory, "LOCK_TIMEOUT", "50ms")
    with psycopg.connect(dsn) as other:
        other.execute("lock table app.events_2026 in access exclusive mode")
        with pytest.raises(DatabaseRefused, match="lock timeout"):
            made(dsn, tmp_path)
    assert left_in(tmp_path) == []


def test_the_password_is_no_argument_of_a_program(dsn: str) -> None:
    target, environment = client_tools.address(dsn)
    assert "p@ss word" not in target
    assert environment["PGPASSWORD"] == "p@ss word"


def test_a_program_that_fails_is_told_by_its_errors_only() -> None:
    script = "echo noise >&2; echo 'x: error: no p4ssword' >&2; exit 1"
    environment = {"PGPASSWORD": "p4ssword", "PATH": "/usr/bin:/bin"}
    with (
        pytest.raises(ToolFailed) as error,
        client_tools.running(["/bin/sh", "-c", script], environment=environment),
    ):
        pass
    assert "error: no ..." in str(error.value)
    assert "noise" not in str(error.value)


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STACKWRIGHT_BACKUP_KEY", raising=False)
    return tmp_path


def called(*argv: str) -> Result:
    return CliRunner().invoke(command, list(argv))


def test_the_command_prints_where_the_backup_is(dsn: str, project: Path) -> None:
    rows(dsn, SHOP)
    result = called("--stack", "dev", "--url", dsn)
    assert result.exit_code == 0, result.output
    assert "3 tables, 105 rows, 3 users" in result.output
    assert "not encrypted, verified on PostgreSQL 17" in result.output
    assert "not in it: files in storage" in result.output
    assert len(list((project / ".stackwright/backups/dev").iterdir())) == 1


def test_the_command_keeps_as_many_as_asked_and_lists_them(dsn: str, project: Path) -> None:
    rows(dsn, "create table t (a int)")
    results = [called("--stack", "dev", "--url", dsn, "--keep", "2", "--json") for _ in range(3)]
    assert [result.exit_code for result in results] == [0, 0, 0], results[0].output
    [removed] = json.loads(results[2].stdout)["removed"]
    assert not Path(removed).exists()
    listed = json.loads(called("--stack", "dev", "--url", dsn, "--list", "--json").stdout)
    assert [item["verified"] for item in listed["backups"]] == [True, True]


def test_the_command_encrypts_when_a_key_is_set(
    dsn: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(dsn, "create table t (a int)")
    monkeypatch.setenv("STACKWRIGHT_BACKUP_KEY", KEY)
    assert ", encrypted, verified" in called("--stack", "dev", "--url", dsn).output


def test_the_command_fails_when_the_backup_is_not_verified(
    dsn: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(dsn, "create table t (a int)")
    monkeypatch.setattr("stackwright.sql.replica.toolchain.postgres_bin", missing)
    result = called("--stack", "dev", "--url", dsn)
    assert result.exit_code == 1
    assert "NOT VERIFIED: not tried: no server here" in result.output


def missing(major: int | None = None) -> Path:
    from stackwright.toolchain import ToolMissing

    raise ToolMissing("no server here")
