"""pg_cron as the sandbox plays it: its functions and refusals, and jobs on the sandbox's clock."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from stackwright.postgres import Postgres, free_port
from stackwright.sandbox.clock import ManualClock
from stackwright.sandbox.supabase import databases, extensions, projects
from stackwright.sandbox.world import memory_world, open_world
from tests.sandbox.supabase.helpers import REF, Sandbox, sandbox_over

Row = dict[str, Any]
EXTENSION = "create extension pg_cron with schema pg_catalog"
MIDNIGHT = 1_799_971_200.0  # Friday, 15 January 2027
DAY, HOUR, MINUTE = 86_400, 3_600, 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("cron")
    with Postgres(
        folder / "data", free_port(), password="not a secret", bin_dir=extensions.postgres_bin()
    ) as postgres:
        yield postgres


@pytest.fixture
def database(server: Postgres) -> Iterator[psycopg.Connection[Row]]:
    """The role `postgres` with the extension; nothing of it stays."""
    with psycopg.connect(server.dsn(), row_factory=dict_row) as connection:
        connection.execute(EXTENSION)
        yield connection
        connection.rollback()


def one(connection: psycopg.Connection[Row], query: str, *values: Any) -> Any:
    """The only value of the only row."""
    [row] = connection.execute(query.encode(), values)
    [value] = row.values()
    return value


def test_a_new_project_can_have_the_extension_and_has_it_not(server: Postgres) -> None:
    with psycopg.connect(server.dsn(), row_factory=dict_row) as connection:
        query = "select * from pg_available_extensions where name = 'pg_cron'"
        [found] = connection.execute(query)
        assert (found["default_version"], found["installed_version"]) == ("1.6", None)
        assert "emulated by the sandbox" in found["comment"]
        assert one(connection, "select to_regnamespace('cron')") is None


def test_a_job_is_made_changed_and_removed(database: psycopg.Connection[Row]) -> None:
    first = one(database, "select cron.schedule('nightly', '0 3 * * *', 'select 1')")
    again = one(database, "select cron.schedule('nightly', '0 4 * * *', 'select 2')")
    other = one(database, "select cron.schedule('30 seconds', 'select 3')")
    assert first == again != other
    database.execute("select cron.alter_job(%s, active := false)", (first,))
    query = "select jobname, schedule, command, database, username, active from cron.job"
    nightly, unnamed = [tuple(row.values()) for row in database.execute(query + " order by jobid")]
    assert nightly == ("nightly", "0 4 * * *", "select 2", "postgres", "postgres", False)
    assert unnamed == (None, "30 seconds", "select 3", "postgres", "postgres", True)
    assert one(database, "select cron.unschedule('nightly')")
    assert one(database, "select cron.unschedule(%s)", other)
    assert one(database, "select count(*) from cron.job") == 0


@pytest.mark.parametrize(
    "schedule",
    [
        *("", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *"),
        *("* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "* * * jan-xyz *", "1, * * * *"),
        *("60 seconds", "0 seconds", "5 minutes", "$ * * * *", "@never"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(
    database: psycopg.Connection[Row], schedule: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        one(database, "select cron.schedule(%s, 'select 1')", schedule)
    assert refused.value.diag.message_primary == f"invalid schedule: {schedule}"
    assert refused.value.diag.message_hint == (
        "Use cron format (e.g. 5 4 * * *), or interval format '[1-59] seconds'"
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select cron.unschedule(7)", "could not find valid entry for job 7"),
        ("select cron.unschedule('x')", "could not find valid entry for job 'x'"),
        ("select cron.alter_job(7)", "Job 7 does not exist or you don't own it"),
        ("select cron.schedule(null, '* * * * *', 'x')", "job_name can not be NULL"),
        ("select cron.schedule('x', '* * * * *', null)", "command can not be NULL"),
        (
            "select cron.schedule_in_database('x', '* * * * *', 'x', 'postgres', 'anon')",
            "must be superuser to create a job for another role",
        ),
        ("insert into cron.job (schedule, command) values ('', '')", "permission denied for"),
    ],
)
def test_what_pg_cron_refuses_is_refused(
    database: psycopg.Connection[Row], query: str, message: str
) -> None:
    with pytest.raises(psycopg.Error, match=message):
        database.execute(query.encode())


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("23 * * * *", ["2027-01-15 00:23", "2027-01-15 01:23"]),
        ("*/20 1,3 * * *", ["2027-01-15 01:00", "2027-01-15 01:20"]),
        ("0 9-17/4 * * mon-fri", ["2027-01-15 09:00", "2027-01-15 13:00"]),
        ("0 0 $ * *", ["2027-01-31 00:00", "2027-02-28 00:00"]),
        ("0 12 1 * SUN", ["2027-01-17 12:00", "2027-01-24 12:00"]),
        ("0 12 1 * 7", ["2027-01-17 12:00", "2027-01-24 12:00"]),
        ("0 12 */31 * 1", ["2027-02-01 12:00", "2027-03-01 12:00"]),
        ("5 4 28 feb *", ["2027-02-28 04:05"]),
        ("@weekly", ["2027-01-17 00:00", "2027-01-24 00:00"]),
    ],
)
def test_a_schedule_falls_on_the_minutes_that_it_names(
    database: psycopg.Connection[Row], schedule: str, times: list[str]
) -> None:
    rows = database.execute(
        "select to_char(moment, 'YYYY-MM-DD HH24:MI') as time"
        " from sandbox_cron.parse(%s) as at, generate_series("
        " timestamp '2027-01-15', '2027-03-02', '1 minute') as moment"
        " where sandbox_cron.falls_on(at, moment) limit %s",
        (schedule, len(times)),
    )
    assert [row["time"] for row in rows] == times


async def connect(sandbox: Sandbox) -> psycopg.AsyncConnection[Row]:
    """The project's database as the role `postgres`."""
    dsn = databases.server(sandbox.world, sandbox.project).dsn()
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)


async def passes(sandbox: Sandbox, seconds: float) -> None:
    """Let time pass and the jobs run."""
    sandbox.advance(seconds)
    await sandbox.services.scheduler.run_due()


RUNS = """
    select jobname, details.database, details.username, status, return_message, start_time, end_time
    from cron.job_run_details as details join cron.job using (jobid) order by runid"""


async def runs(connection: psycopg.AsyncConnection[Row]) -> list[Row]:
    return await (await connection.execute(RUNS)).fetchall()


def test_jobs_run_as_their_user_on_the_sandboxs_clock(tmp_path: Path) -> None:
    async def test() -> None:
        world = memory_world(tmp_path, ManualClock(MIDNIGHT))
        async with sandbox_over(world) as sandbox:
            await projects.ensure_project(world, REF)
            async with await connect(sandbox) as database:
                await database.execute(EXTENSION)
                await database.execute("create table beats (time timestamptz default now())")
                command = (
                    "insert into beats values (now()), (now()); insert into beats values (now())"
                )
                schedule = "select cron.schedule('beat', '23 * * * *', %s)"
                await database.execute(schedule, (command,))
                await database.execute("select cron.schedule('wrong', '23 1 * * *', 'selec')")
                await database.execute("select cron.schedule('look', '30 seconds', 'table beats')")
                await passes(sandbox, 22 * MINUTE + 59)
                assert [run["jobname"] for run in await runs(database)] == ["look"]
                await passes(sandbox, 1)
                beat = (await runs(database))[1]
                assert beat["start_time"].timestamp() == MIDNIGHT + 23 * MINUTE
                assert (beat["status"], beat["return_message"]) == ("succeeded", "INSERT 0 1")
                times = await (await database.execute("select distinct time from beats")).fetchall()
                assert [row["time"] for row in times] == [beat["start_time"]]
                await passes(sandbox, DAY)
                last = (await runs(database))[-3:]
                assert [(run["jobname"], run["status"]) for run in last] == [
                    ("beat", "succeeded"),
                    ("wrong", "failed"),
                    ("look", "succeeded"),
                ]
                assert last[1]["return_message"] == 'ERROR:  syntax error at or near "selec"'
                assert last[2]["return_message"] == "6 rows"
                assert {(run["database"], run["username"]) for run in last} == {
                    ("postgres", "postgres")
                }

    asyncio.run(test())


def test_jobs_survive_a_restart_and_what_was_cut_off_has_failed(tmp_path: Path) -> None:
    async def before(sandbox: Sandbox, database: psycopg.AsyncConnection[Row]) -> None:
        await database.execute(EXTENSION)
        await database.execute("select cron.schedule('beat', '@hourly', 'select 1')")
        cut_off = "insert into cron.job_run_details (jobid, status) values (1, 'running')"
        await database.execute(cut_off)

    async def after(sandbox: Sandbox, database: psycopg.AsyncConnection[Row]) -> None:
        await sandbox.services.scheduler.run_due()
        [run] = await runs(database)  # none of the day in which the server was down
        assert (run["status"], run["return_message"]) == ("failed", "server restarted")
        sandbox.world.clock.advance(HOUR)
        await sandbox.services.scheduler.run_due()
        assert [run["status"] for run in await runs(database)] == ["failed", "succeeded"]

    async def live(act: Callable[[Sandbox, psycopg.AsyncConnection[Row]], Awaitable[None]]) -> None:
        async with sandbox_over(open_world(tmp_path)) as sandbox:
            await projects.ensure_project(sandbox.world, REF)
            async with await connect(sandbox) as database:
                await act(sandbox, database)
            sandbox.world.clock.advance(DAY)

    for act in (before, after):
        asyncio.run(live(act))
