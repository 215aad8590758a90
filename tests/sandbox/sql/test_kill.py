"""A run that dies at any statement, and the next run: the same end, nothing twice."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackwright.errors import StackwrightError
from stackwright.sql import script
from stackwright.sql.database import Connection
from stackwright.sql.script import Script
from tests.sandbox.sql.helpers import read_ledger, rows, run

RUNNING = """select pid from pg_stat_activity
where datname = current_database() and wait_event = 'PgSleep'"""
FILES = {
    "1_log.sql": "create table log (n int);\ninsert into log values (1);",
    "2_steps.sql": "-- stackwright: no-transaction\ninsert into log values (2);\n"
    "create index concurrently i on log (n);\ninsert into log values (3);\nvacuum log;",
    "3_last.sql": "insert into log values (4);",
}
SENDS = 13
"""As many messages as a whole run sends; the test below counts them."""


class Killer:
    """Ends the session's server process before or after a given message."""

    def __init__(self, dsn: str, at: int, *, after: bool) -> None:
        self.dsn, self.left, self.after = dsn, at, after

    async def send(self, connection: Connection, message: Script) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            self._kill(connection)
        try:
            await script_send(connection, message)
        finally:
            if self.left == 0 and self.after:
                self._kill(connection)

    def _kill(self, connection: Connection) -> None:
        rows(self.dsn, f"select pg_terminate_backend({connection.info.backend_pid}, 5000)")


script_send = script.send


def use(monkeypatch: pytest.MonkeyPatch, killer: Killer) -> None:
    monkeypatch.setattr("stackwright.sql.apply.send", killer.send)
    monkeypatch.setattr("stackwright.sql.steps.send", killer.send)


@pytest.fixture
def files(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def check(dsn: str) -> None:
    assert rows(dsn, "select n from log order by n") == [(1,), (2,), (3,), (4,)]
    assert rows(dsn, "select count(*) from pg_index where indrelid = 'log'::regclass") == [(1,)]
    assert sorted(read_ledger(dsn).applied) == ["1", "2", "3"]
    assert rows(dsn, "select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]


def test_a_whole_run_sends_as_many_messages_as_are_killed_below(
    dsn: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = Killer(dsn, SENDS + 1, after=False)
    use(monkeypatch, killer)
    run(dsn, files)
    assert killer.left == 1
    check(dsn)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, SENDS + 1))
def test_killed_at_any_message_the_next_run_ends_the_same(
    dsn: str, files: Path, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with monkeypatch.context() as patch:
        use(patch, Killer(dsn, at, after=after))
        if after and at == SENDS:
            run(dsn, files)
        else:
            with pytest.raises(StackwrightError, match="connection was lost during"):
                run(dsn, files)
    run(dsn, files)
    check(dsn)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, SENDS + 1))
def test_the_run_after_one_whose_process_was_killed_ends_the_same(
    dsn: str, files: Path, at: int, when: str
) -> None:
    """Killed before a message, or with the message on its way: the server may still carry it out
    while the next run already waits for the lock."""
    argv = [sys.executable, "-m", "tests.sandbox.sql.dying", str(files), str(at), when]
    died = subprocess.run(argv, env={**os.environ, "DSN": dsn}, check=False)
    assert died.returncode == -signal.SIGKILL
    run(dsn, files)
    check(dsn)


def test_two_processes_at_once_apply_each_file_once(dsn: str, files: Path) -> None:
    argv = [sys.executable, "-m", "tests.sandbox.sql.dying", str(files), "0", "before"]
    runs = [subprocess.Popen(argv, env={**os.environ, "DSN": dsn}) for _ in range(2)]
    assert [process.wait() for process in runs] == [0, 0]
    check(dsn)


def test_a_run_whose_session_is_ended_leaves_nothing_of_its_file(dsn: str, folder: Path) -> None:
    (folder / "1_slow.sql").write_text("create table t (a int); select pg_sleep(20);")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(run, dsn, folder)
        while not rows(dsn, RUNNING):
            assert not slow.done()
        rows(dsn, f"select pg_terminate_backend(pid, 5000) from ({RUNNING}) as running (pid)")
        with pytest.raises(StackwrightError, match="nothing is run twice"):
            slow.result()
    assert rows(dsn, "select to_regclass('t')") == [(None,)]
