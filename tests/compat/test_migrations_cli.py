"""The official Supabase CLI and our engine take turns on one database and its ledger."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackwright.postgres.server import Postgres, free_port
from stackwright.sql.errors import LedgerConflict
from tests.compat.test_supabase_cli import VERSION, install
from tests.sandbox.sql.helpers import read_ledger, rows, run

TRICKY = """-- a comment first; with a semicolon
create table public.tricky (a text default 'it''s; fine');

create function public.f() returns trigger language plpgsql as $body$
begin
    perform 1; return new;
end;
$body$;
/* and; /* nested */ one */ comment on table public.tricky is E'tab\\t;';
create rule quiet as on delete to public.tricky do also (select 1; select 2);
"""
Push = Callable[[Path], str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("pg") / "data", free_port(), password="x") as postgres:
        yield postgres


@pytest.fixture
def dsn(server: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    server.create_database("turns", template="postgres")
    yield server.dsn(database="turns")
    server.drop_database("turns")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "supabase" / "migrations"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def push(dsn: str, tmp_path: Path) -> Push:
    """`supabase db push` of a folder; its HOME is thrown away."""
    root = Path.home() / ".cache" / "stackwright" / f"supabase-cli-{VERSION}"
    binary = root / "node_modules" / ".bin" / "supabase"
    if not binary.exists():
        install(root)
    if not binary.exists() or shutil.which("node") is None:
        pytest.skip(f"the Supabase CLI {VERSION} is not here")
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "turns"\n')

    def push(folder: Path) -> str:
        done = subprocess.run(
            [binary, "db", "push", f"--remote={dsn}?sslmode=disable", "--yes"],
            cwd=folder.parent.parent,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "DO_NOT_TRACK": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return push


def test_the_cli_finds_what_we_applied_and_we_find_what_it_applied(
    dsn: str, folder: Path, push: Push
) -> None:
    (folder / "20260101000000_ours.sql").write_text("create table ours (a int);\n")
    run(dsn, folder)
    (folder / "20260102000000_theirs.sql").write_text(TRICKY)
    said = push(folder)
    assert "20260102000000_theirs.sql" in said
    assert "20260101000000_ours.sql" not in said
    (folder / "20260103000000_again.sql").write_text("create table again (a int);")
    plan = run(dsn, folder)
    assert [file.version for file in plan.pending] == ["20260103000000"]
    assert len(read_ledger(dsn).applied) == 3
    assert "up to date" in push(folder)


def test_both_record_the_same_row_for_the_same_file(dsn: str, folder: Path, push: Push) -> None:
    file = folder / "20260101000000_tricky.sql"
    file.write_text(TRICKY)
    push(folder)
    query = "select version, statements, name from supabase_migrations.schema_migrations"
    theirs = rows(dsn, query)
    assert len(theirs) == 1
    rows(
        dsn, "drop table tricky; drop function f; delete from supabase_migrations.schema_migrations"
    )
    run(dsn, folder)
    assert rows(dsn, query) == theirs


def test_the_ledger_that_we_make_is_the_one_that_the_cli_makes(
    dsn: str, server: Postgres, folder: Path, push: Push
) -> None:
    (folder / "20260101000000_t.sql").write_text("create table t (a int);")
    query = """select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute
        where attrelid = 'supabase_migrations.schema_migrations'::regclass and attnum > 0
        order by attname"""
    push(folder)
    theirs = rows(dsn, query)
    rows(dsn, "drop schema supabase_migrations cascade; drop table t")
    run(dsn, folder)
    ours = rows(dsn, query)
    assert set(ours) <= set(theirs)
    assert push(folder)


def test_an_edit_of_a_file_that_the_cli_applied_is_noticed(
    dsn: str, folder: Path, push: Push
) -> None:
    file = folder / "20260101000000_tricky.sql"
    file.write_text(TRICKY + "-- a last comment\n")
    push(folder)
    assert run(dsn, folder).problems == []
    file.write_text(TRICKY.replace("tricky (a text", "tricky (a  varchar"))
    with pytest.raises(LedgerConflict, match=r"20260101000000_tricky\.sql was edited"):
        run(dsn, folder)
