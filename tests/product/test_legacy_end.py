"""The end of `lerg_codes`: renamed after 30 days, dropped after 60 and a person's yes, or never."""

import asyncio
from typing import Any

import psycopg
import pytest

from stackwright.errors import NeedsApproval, StackwrightError
from stackwright.sql.apply import Options, apply
from stackwright.sql.approval import Approval
from stackwright.sql.database import writing
from stackwright.sql.effects import effects
from stackwright.sql.guard import Guard
from stackwright.sql.migration import load
from stackwright.sql.plan import Plan
from stackwright.sql.record import Runner
from tests.product.helpers import OLDER_DATABASE, ROOT, load_reference_data

DROP = "20261121001000_drop_lerg_codes.sql"
COPY = "20261121000500"
FILES = load(ROOT / "sql/migrations")
[END] = [file for file in FILES if file.file == DROP]
YES = {DROP: Approval(END.checksum, "Ada", "nobody read it for 60 days")}
LEGACY = """
    insert into lerg_codes (npa_nxx, state, country) values ('212', 'NY', 'US'), ('2125', '', '');
"""


@pytest.fixture
def older(fresh: str) -> str:
    """Production as it was, every file applied that is due, the reference data loaded."""
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(OLDER_DATABASE + LEGACY)
        converged(fresh)
        connection.execute("truncate enhanced_lerg")
        load_reference_data(connection)
    return fresh


def converged(dsn: str, approved: dict[str, Approval] | None = None) -> Plan:
    """One run of the engine over the product's own files."""
    guard = Guard("voip", "prod", approved or {})

    async def once() -> Plan:
        async with writing(dsn) as database:
            options = Options(approved=guard.approves)
            return await apply(database, FILES, Runner("ada@laptop"), options)

    return asyncio.run(once())


def aged(dsn: str, days: int) -> None:
    """Move the recorded day of the copy into the past."""
    one(
        dsn,
        "update stackwright.migrations set finished_at = now() - make_interval(days => %s)"
        " where version = %s",
        days,
        COPY,
    )


def one(dsn: str, query: str, *values: object) -> Any:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def kept(dsn: str) -> str | None:
    """The name under which the older table is there."""
    found: str | None = one(
        dsn, "select string_agg(relname, ' ') from pg_class where relname like 'lerg_codes%%'"
    )
    return found


def test_before_30_days_the_older_table_is_untouched(older: str) -> None:
    aged(older, 29)
    waits = [wait.file.file for wait in converged(older).waiting]
    assert waits == ["20261121000900_lerg_codes_deprecated.sql", DROP]
    assert kept(older) == "lerg_codes"


def test_after_30_days_it_is_renamed_with_a_comment_on_what_replaces_it(older: str) -> None:
    aged(older, 30)
    day = one(older, "select to_char(now() + interval '30 days', 'YYYY-MM-DD')")
    converged(older)
    assert kept(older) == "lerg_codes_deprecated"
    comment = one(older, "select obj_description('lerg_codes_deprecated'::regclass)")
    assert comment == f"Replaced by enhanced_lerg. Not to be dropped before {day}."
    assert one(older, "select count(*) from lerg_codes_deprecated") == 2


def test_a_yes_does_not_drop_it_before_60_days(older: str) -> None:
    aged(older, 59)
    converged(older, YES)
    assert kept(older) == "lerg_codes_deprecated"


def test_60_days_do_not_drop_it_without_a_yes(older: str) -> None:
    aged(older, 61)
    [wait] = converged(older).waiting
    assert "nobody approved it in this form" in wait.reason
    assert kept(older) == "lerg_codes_deprecated"


def test_after_60_days_and_a_yes_it_is_dropped_in_one_run(older: str) -> None:
    aged(older, 60)
    assert [file.file for file in converged(older, YES).pending][-1] == DROP
    assert kept(older) is None
    assert converged(older).waiting == []


def test_the_drop_is_among_what_the_guard_asks_for() -> None:
    with pytest.raises(NeedsApproval, match=r"DROP TABLE public\.lerg_codes_deprecated"):
        Guard().refuse_unapproved([END], effects([END]))


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("delete from enhanced_lerg where npa = '201'", "has 449 rows instead of 450"),
        ("update enhanced_lerg set npa = '999' where npa = '212'", "lacks 212"),
    ],
)
def test_it_stays_where_the_new_table_lacks_something(older: str, loss: str, said: str) -> None:
    aged(older, 60)
    one(older, loss)
    with pytest.raises(StackwrightError, match=said):
        converged(older, YES)
    assert kept(older) == "lerg_codes_deprecated"


def test_where_the_older_table_never_was_both_files_do_nothing(fresh: str) -> None:
    converged(fresh)
    with psycopg.connect(fresh, autocommit=True) as connection:
        load_reference_data(connection)
    aged(fresh, 60)
    assert converged(fresh, YES).waiting == []
    assert kept(fresh) is None
