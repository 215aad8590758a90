"""Runs the jobs of pg_cron that come due on the sandbox's clock, in the database of each project.

The extension is emulated (`pg_cron/`): its SQL knows which jobs are due, this knows the time. A
job runs as its user in its database, once however far the clock leapt, and finds the sandbox's
time in `now()`; `current_timestamp` and `clock_timestamp()` remain the machine's.
"""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from stackwright.postgres import Postgres, PostgresError
from stackwright.sandbox.supabase import databases, projects
from stackwright.sandbox.world import World

log = logging.getLogger(__name__)

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

_MINUTE = 60.0
_IS_THERE = """
SELECT to_regprocedure('sandbox_cron.due_jobs(timestamptz, timestamptz)') IS NOT NULL AS there"""
_DUE = "SELECT * FROM sandbox_cron.due_jobs(%s, %s)"
_SHORTEST = """
SELECT min((sandbox_cron.parse(schedule)).seconds) AS seconds FROM cron.job WHERE active"""
_BEGIN = """
INSERT INTO cron.job_run_details (jobid, database, username, command, status, start_time)
VALUES (%(jobid)s, %(database)s, %(username)s, %(command)s, 'starting', %(time)s) RETURNING runid"""
_END = """
UPDATE cron.job_run_details
SET status = %(status)s, return_message = %(message)s, job_pid = %(pid)s, end_time = %(time)s
WHERE runid = %(runid)s"""
_GIVE_UP = """
UPDATE cron.job_run_details SET status = 'failed', return_message = 'server restarted'
WHERE status IN ('starting', 'running')"""
_SET_TIME = """
SELECT set_config('search_path',
  concat_ws(', ', nullif(current_setting('search_path'), ''), 'sandbox_cron', 'pg_catalog'), false),
  set_config('sandbox.now', %s, false)"""


class Scheduler:
    """What pg_cron's worker is at the vendor."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen_to = world.clock.now()
        self._known: set[str] = set()
        self._running = asyncio.Lock()

    async def run(self) -> None:
        """Run jobs until cancelled."""
        while True:
            await self._world.clock.sleep(await self.run_due())

    async def run_due(self) -> float:
        """Run what came due since the last call; the seconds until the next look.

        A server that was down at that time does not catch up, as at the vendor.
        """
        async with self._running:
            before, self._seen_to = self._seen_to, self._world.clock.now()
            times = (before, self._seen_to)
            all_projects = self._world.store.all(projects.KIND)
            pauses = [await self._run_project(project, times) for project in all_projects]
            return min(pauses, default=_MINUTE)

    async def _run_project(self, project: projects.Project, times: tuple[float, float]) -> float:
        ref, now = project["ref"], times[1]
        if not self._world.processes.running(databases.process_name(ref)):
            return _MINUTE
        try:
            server = databases.server(self._world, project)
            async with await _connect(server.admin_dsn()) as connection:
                seconds = await self._run_jobs(connection, server, ref, times)
        except (psycopg.Error, PostgresError) as error:
            log.warning("the jobs of %s were not looked at: %s", ref, error)
            return _MINUTE
        pause = seconds or _MINUTE
        return pause - now % pause

    async def _run_jobs(
        self, connection: Connection, server: Postgres, ref: str, times: tuple[float, float]
    ) -> float | None:
        """Run what is due; the shortest interval of the jobs that have one, in seconds."""
        if not (await _one(connection, _IS_THERE))["there"]:
            return None
        if ref not in self._known:
            self._known.add(ref)
            await connection.execute(_GIVE_UP)
        due = await connection.execute(_DUE, [_moment(time) for time in times])
        for job in await due.fetchall():
            await self._run_job(connection, server, job, times[1])
        seconds: float | None = (await _one(connection, _SHORTEST))["seconds"]
        return seconds

    async def _run_job(self, log_to: Connection, server: Postgres, job: Row, now: float) -> None:
        run = await _one(log_to, _BEGIN, job | {"time": _moment(now)})
        done = await _execute(server.dsn(job["username"], job["database"]), job["command"], now)
        await log_to.execute(_END, done | run | {"time": _moment(self._world.clock.now())})


async def _execute(dsn: str, command: str, now: float) -> Row:
    """Run a command as pg_cron does: as text, in one implicit transaction."""
    pid = None
    try:
        async with await _connect(dsn) as connection:
            pid = connection.info.backend_pid
            await connection.execute(_SET_TIME, (_moment(now).isoformat(),))
            cursor = await connection.execute(command.encode())
            while cursor.nextset():
                pass
            return {"status": "succeeded", "message": _outcome(cursor), "pid": pid}
    except psycopg.Error as error:
        message = error.diag.message_primary or "connection failed"
        return {"status": "failed", "message": f"ERROR:  {message}", "pid": pid}


def _outcome(cursor: psycopg.AsyncCursor[Row]) -> str | None:
    if cursor.description is None:
        return cursor.statusmessage
    return f"{cursor.rowcount} row{'' if cursor.rowcount == 1 else 's'}"


async def _connect(dsn: str) -> Connection:
    return await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, row_factory=dict_row, application_name="pg_cron"
    )


async def _one(connection: Connection, query: str, values: Row | None = None) -> Row:
    cursor = await connection.execute(query.encode(), values)
    [row] = await cursor.fetchall()
    return row


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
