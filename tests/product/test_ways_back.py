"""The ways back of the product's migrations, from an empty database and from an older one."""

import asyncio

import psycopg
import pytest

from stackwright.errors import StackwrightError
from stackwright.postgres.server import Postgres
from stackwright.sql import down, round_trip
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import writing
from stackwright.sql.migration import load
from stackwright.sql.record import Runner
from stackwright.sql.undo import undo
from stackwright.sql.undo_plan import Folder, Wanted
from tests.product.helpers import OLDER_DATABASE, PG_CRON, ROOT, sign_up
from tests.product.test_migrations import schema

ALL = load(ROOT / "sql/migrations")
FILES = [file for file in ALL if file.not_before is None]
PRODUCT = Folder(ALL, down.load(ROOT / "sql/migrations"))
FIRST = FILES[0].version


def forth(dsn: str, count: int = len(FILES)) -> None:
    async def once() -> None:
        async with writing(dsn) as database:
            await apply(database, FILES[:count], Runner("test"), Options())

    asyncio.run(once())


def back(dsn: str, to: str = FIRST) -> list[str]:
    async def once() -> list[str]:
        async with writing(dsn) as database:
            plan = await undo(database, PRODUCT, Wanted(to=to), Options())
            return [file.undoes for file in plan.files]

    return asyncio.run(once())


@pytest.fixture
def older(fresh: str) -> str:
    with psycopg.connect(fresh) as connection:
        connection.execute(OLDER_DATABASE)
    return fresh


def test_every_migration_but_the_first_and_the_drop_at_the_end_has_a_way_back() -> None:
    assert list(PRODUCT.ways) == [file.file for file in ALL[1:-1]]


def test_each_way_back_leaves_the_schema_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert asyncio.run(round_trip.check(PRODUCT, tmp_path_factory.mktemp("trip"))) == []


def test_an_older_database_gets_its_policies_functions_and_triggers_back(older: str) -> None:
    forth(older, 1)
    before = sorted(schema(older).splitlines())  # the order of grants is not kept
    forth(older)
    assert len(back(older)) == len(FILES) - 1
    assert sorted(schema(older).splitlines()) == before
    forth(older)  # and once more


def test_the_older_trial_logic_works_again(older: str) -> None:
    forth(older)
    back(older)
    with psycopg.connect(older, autocommit=True) as connection:
        user = sign_up(connection)
        [row] = connection.execute("select id, plan_expires_at::date::text from profiles")
    assert row == (user, "2025-05-23")


def test_rows_that_admins_entered_stop_the_way_back_of_their_table(fresh: str) -> None:
    forth(fresh)
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(
            "insert into enhanced_lerg (npa, country_code, country_name, category, source)"
            " values ('999', 'US', 'United States', 'us-domestic', 'manual')"
        )
        with pytest.raises(StackwrightError, match=r"1 rows that admins entered.*Export the rows"):
            back(fresh)
        assert list(connection.execute("select npa from enhanced_lerg")) == [("999",)]


def test_the_schedule_goes_with_its_migration(server: Postgres, fresh: str) -> None:
    with psycopg.connect(server.admin_dsn(fresh.rpartition("/")[2]), autocommit=True) as connection:
        connection.execute(PG_CRON)
        forth(fresh)
        assert len(list(connection.execute("select from cron.job"))) == 1
        assert back(fresh, FILES[-2].version) == [FILES[-1].file]
        assert list(connection.execute("select jobname from cron.job")) == []
