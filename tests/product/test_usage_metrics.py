"""The optional table and view of usage: off unless a stack asks, and closed to strangers."""

import asyncio

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from stackwright.sql import checks
from stackwright.sql.database import reading
from stackwright.sql.migration import load
from stackwright.stack import of_type
from stackwright.survey.program import declared
from tests.product.helpers import ROOT, sign_up, signed_in
from tests.product.test_program import environment

OPTIONAL = load(ROOT / "sql/usage_metrics")
THERE = "select to_regclass('public.usage_metrics'), to_regclass('public.user_usage_stats')"
STATS = "select user_id, metric, quantity from public.user_usage_stats"


@pytest.fixture
def measured(database: psycopg.Connection) -> psycopg.Connection:
    """The product's database with the optional files."""
    for file in OPTIONAL:
        database.execute(file.text.encode())
    return database


def test_without_the_setting_no_stack_has_them(database: psycopg.Connection) -> None:
    assert database.execute(THERE.encode()).fetchone() == (None, None)
    found = declared(ROOT, "voip-accelerator", "dev", environment())
    assert [one.name for one in of_type(found, "stackwright:sql:Migrations")] == ["migrations"]


def test_with_the_setting_they_are_a_set_of_their_own_behind_the_others() -> None:
    asked = environment(**{"voip-accelerator:usage_metrics": "true"})
    found = declared(ROOT, "voip-accelerator", "dev", asked)
    _, usage = of_type(found, "stackwright:sql:Migrations")
    assert usage.inputs["files"] == {file.file: file.checksum for file in OPTIONAL}
    assert usage.inputs["collection"] == "usage_metrics"
    assert usage.inputs["after"] == ["sql/migrations"]


def test_a_user_sees_the_own_usage_only_and_writes_none(measured: psycopg.Connection) -> None:
    me, other = sign_up(measured, "me@example.com"), sign_up(measured, "other@example.com")
    insert = "insert into public.usage_metrics (user_id, metric, quantity) values (%s, 'rows', 2)"
    for user in (me, me, other):
        measured.execute(insert, (user,))
    with signed_in(measured, me):
        assert measured.execute(STATS.encode()).fetchall() == [(me, "rows", 4)]
    with signed_in(measured, me), pytest.raises(InsufficientPrivilege):
        measured.execute(insert, (me,))


def test_the_checks_of_the_schema_pass_beside_them(dsn: str, measured: psycopg.Connection) -> None:
    async def broken() -> list[str]:
        async with reading(dsn) as read:
            results = await checks.run(read, checks.of_schema(ROOT / "sql/migrations"))
            return [str(result) for result in results if not result.passed]

    assert asyncio.run(broken()) == []
