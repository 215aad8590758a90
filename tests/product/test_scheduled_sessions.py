"""The clean-up of sessions on its schedule: pg_cron's, played by the sandbox on its clock."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from stackwright.sandbox import page_parts
from stackwright.sandbox.supabase import databases
from stackwright.sql import drift
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import writing
from stackwright.sql.migration import load
from stackwright.sql.record import Runner
from tests.product.helpers import ROOT, migrate, problems, sign_up
from tests.sandbox.supabase.helpers import Sandbox, in_sandbox

Connection = psycopg.Connection[dict[str, Any]]
HOUR = 3600.0

RUNS = """
    select jobname, schedule, run.username, run.status, return_message
    from cron.job_run_details as run join cron.job using (jobid)"""


def log_in(database: Connection, name: str, heartbeat: float) -> None:
    """A user with a session that was last alive at that moment of the sandbox's time."""
    user = sign_up(database, f"{name}@example.com")
    database.execute(
        "insert into public.active_sessions (user_id, session_token, last_heartbeat)"
        " values (%s, %s, %s)",
        (user, name, datetime.fromtimestamp(heartbeat, UTC)),
    )


def test_a_day_later_the_silent_sessions_are_marked_and_none_is_deleted(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        server = databases.server(sandbox.world, sandbox.project)
        await asyncio.to_thread(migrate, server.dsn())
        now = sandbox.world.clock.now()
        with psycopg.connect(server.admin_dsn(), autocommit=True, row_factory=dict_row) as database:
            assert problems(database, "r51_session_cleanup") == []
            log_in(database, "silent", now - HOUR)
            log_in(database, "lively", now + HOUR)
            sandbox.advance(24 * HOUR)
            await sandbox.services.scheduler.run_due()
            query = "select session_token, is_active from public.active_sessions order by 1"
            assert [tuple(row.values()) for row in database.execute(query)] == [
                ("lively", True),
                ("silent", False),
            ]
            assert [tuple(row.values()) for row in database.execute(RUNS)] == [
                ("cleanup-inactive-sessions", "23 * * * *", "postgres", "succeeded", "UPDATE 1")
            ]
        page = page_parts.everything(sandbox.world, {}, page_parts.jobs(sandbox.world))
        cells = ("cleanup-inactive-sessions", "23 * * * *", "active", "2027-01-16 08:00")
        assert "".join(f"<td>{cell}</td>" for cell in (*cells, "succeeded")) in page

    in_sandbox(tmp_path, test, database=True)


def test_the_schedule_is_no_drift_although_the_comparing_server_has_no_pg_cron(
    tmp_path: Path,
) -> None:
    files = load(ROOT / "sql/migrations")

    async def test(sandbox: Sandbox) -> None:
        dsn = databases.server(sandbox.world, sandbox.project).dsn()
        async with writing(dsn) as database:
            await apply(database, files, Runner("ada@laptop", "0123abc"), Options())
        report = await drift.check(files, dsn, tmp_path / ".stackwright")
        assert report.differences == []
        assert report.notes == [
            "extension pg_cron: not compared, the server we compare with does not have it"
        ]

    in_sandbox(tmp_path / "sandbox", test, database=True)
