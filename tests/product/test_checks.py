"""Every check passes on the declared database, and fails when what it watches is broken."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stackwright.postgres.server import Postgres
from stackwright.sql import checks, shadow
from stackwright.sql.migration import load
from tests.product.breaks import BREAKS
from tests.product.conftest import copy_of
from tests.product.helpers import (
    CHECKS,
    OLDER_DATABASE,
    PG_CRON,
    ROOT,
    SESSION_CLEANUP,
    load_reference_data,
    problems,
    sign_up,
)

DECLARED = checks.load(ROOT / "sql/checks")


@pytest.fixture(scope="module")
def session(server: Postgres, migrated: str) -> Iterator[psycopg.Connection]:
    """The superuser, who may break what belongs to others, in a database with all its data."""
    with copy_of(server, migrated) as dsn:
        address = server.admin_dsn(dsn.rpartition("/")[2])
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("set search_path = public")
            load_reference_data(connection)
            sign_up(connection)
            connection.execute(PG_CRON)
            connection.execute(SESSION_CLEANUP.read_text())
            yield connection


@pytest.fixture
def declared(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The declared database; what a test changes in it is rolled back."""
    with session.transaction(force_rollback=True):
        yield session


@pytest.mark.parametrize("check", CHECKS)
def test_the_check_passes_on_the_declared_database(
    declared: psycopg.Connection, check: str
) -> None:
    assert problems(declared, check) == []


@pytest.mark.parametrize(("check", "statement", "expected"), BREAKS)
def test_the_check_fails_when_its_object_is_broken(
    declared: psycopg.Connection, check: str, statement: str, expected: str
) -> None:
    declared.execute(statement)
    found = problems(declared, check)
    assert any(re.search(expected, problem) for problem in found), found


def test_every_check_was_broken_once() -> None:
    assert {check for check, _, _ in BREAKS} == set(CHECKS)


def test_the_checks_after_the_migrations_say_what_an_older_database_lacks(fresh: str) -> None:
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(OLDER_DATABASE)
        errors = [check for check in DECLARED if check.severity == "error"]
        names = [Path(check.file).stem for check in errors if check.after == "migrations"]
        assert {name for name in names if not fails(connection, name)} == set()


def test_rows_that_admins_entered_or_changed_break_no_check(
    declared: psycopg.Connection,
) -> None:
    declared.execute(
        "insert into public.enhanced_lerg (npa, country_code, country_name, category, source)"
        " values ('999', 'US', 'United States', 'us-domestic', 'manual')"
    )
    declared.execute(
        "update public.enhanced_lerg set category = 'caribbean', source = 'manual'"
        " where npa = '787'"
    )
    assert {name: found for name in CHECKS if (found := problems(declared, name))} == {}


def test_a_check_that_says_it_reads_the_schema_reads_no_row(declared: psycopg.Connection) -> None:
    for check in DECLARED:
        if check.reads == "schema":
            explained = declared.execute(f"explain (verbose, format json) {check.query}".encode())
            [[plan]] = explained.fetchone() or [[{}]]
            schemas = re.findall(r"'Schema': '(\w+)'", str(plan))
            assert set(schemas) <= {"pg_catalog", "information_schema"}, check.file
            assert "query_to_xml" not in check.query


@pytest.mark.parametrize("before", ["", OLDER_DATABASE])
def test_a_shadow_run_asks_the_checks_of_the_schema_and_they_pass(
    fresh: str, before: str, tmp_path: Path
) -> None:
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(before)
    asked = checks.of_schema(ROOT / "sql/migrations")
    report = asyncio.run(shadow.check(load(ROOT / "sql/migrations"), fresh, tmp_path, asked))
    assert len(report.checks) == 18
    assert [str(result) for result in report.broken if result.fatal] == []


def test_the_headers_say_what_the_checks_are() -> None:
    for check in DECLARED:
        assert check.title
        assert check.after in {"migrations", "reference_data"}
        assert check.covers


def test_the_checks_cover_the_schema_and_the_reference_data() -> None:
    covered = {requirement for check in DECLARED for requirement in check.covers}
    schema = {f"R{number}" for number in range(14, 26)} | {"R28"}
    reference = {"R29", "R30", "R31", "R32", "R35"}
    assert schema | reference <= covered


def fails(connection: psycopg.Connection, check: str) -> bool:
    """Whether the check finds a problem; a table or column that is not there is one too."""
    try:
        return bool(problems(connection, check))
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return True
