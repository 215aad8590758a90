"""The migrations reach the declared schema from an empty database and from an older one."""

import subprocess
import uuid

import psycopg
import pytest

from stackwright import toolchain
from tests.product.helpers import MIGRATIONS, OLDER_DATABASE, migrate


def schema(dsn: str) -> str:
    """The whole schema as text: columns, constraints, policies, grants, functions, comments."""
    with psycopg.connect(dsn) as connection:
        major = connection.info.server_version // 10_000
    pg_dump = str(toolchain.postgres_client_bin(major) / "pg_dump")
    options = ["--schema-only", "--restrict-key=x", "--schema=public", "--schema=auth"]
    argv = [pg_dump, *options, "--exclude-table=public.lerg_codes", dsn]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def older(fresh: str) -> str:
    with psycopg.connect(fresh) as connection:
        connection.execute(OLDER_DATABASE)
    return fresh


def test_a_second_run_changes_nothing(fresh: str) -> None:
    migrate(fresh)
    once = schema(fresh)
    migrate(fresh)
    assert schema(fresh) == once
    assert "CREATE POLICY" in once


def test_an_older_database_reaches_the_same_schema_as_an_empty_one(older: str, dsn: str) -> None:
    with psycopg.connect(older) as connection:
        # Nullability of the older columns is nobody's declaration, so it is not touched.
        connection.execute("alter table public.profiles alter column created_at drop not null")
    migrate(older)
    assert schema(older) == schema(dsn)


def test_rows_of_an_older_database_keep_what_they_hold(older: str) -> None:
    user = uuid.uuid4()
    read = (
        "select subscription_status, subscription_plan, plan_expires_at, created_at, updated_at"
        " from public.profiles"
    )
    with psycopg.connect(older) as connection:
        connection.execute("insert into auth.users (id) values (%s)", (user,))
        connection.execute(
            "update public.profiles set subscription_status = 'active', subscription_plan = 'beta',"
            " updated_at = '2025-01-02'"
        )
        before = connection.execute(read).fetchone()
    migrate(older)
    with psycopg.connect(older) as connection:
        assert connection.execute(read).fetchone() == before
        new = "select id, email, cancel_at_period_end, total_uploads from public.profiles"
        assert connection.execute(new).fetchall() == [(user, None, False, 0)]


def test_each_undeclared_policy_is_named_when_it_is_dropped(older: str) -> None:
    notices: list[str] = []
    with psycopg.connect(older, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        for path in MIGRATIONS:
            connection.execute(path.read_text())
    dropped = sorted(n for n in notices if n.startswith("Dropping undeclared policy"))
    assert [n.split('"')[1] for n in dropped] == [
        "Enable read access for all users",
        "own insert",
        "own select",
    ]
    assert "INSERT to {public}, using <NULL>, with check (auth.uid() = id)" in dropped[1]


def test_the_legacy_table_is_left_alone(older: str) -> None:
    with psycopg.connect(older, autocommit=True) as connection:
        connection.execute("insert into public.lerg_codes (npa_nxx) values ('212')")
        migrate(older)
        assert connection.execute("select npa_nxx from public.lerg_codes").fetchall() == [("212",)]


def test_a_file_that_fails_leaves_no_trace(fresh: str) -> None:
    """Each file is one transaction, so nothing in it may end that transaction."""
    for path in MIGRATIONS:
        before = schema(fresh)
        with (
            psycopg.connect(fresh) as connection,
            pytest.raises(psycopg.errors.DivisionByZero),
        ):
            connection.execute(path.read_text() + "select 1 / 0;")
        assert schema(fresh) == before, path.name
        with psycopg.connect(fresh) as connection:
            connection.execute(path.read_text())
