"""Reference data that is loaded in batches: resumed where it stopped, and nothing done twice."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackwright.sql.database import writing
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.limits import Limits
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_load import Listener, load
from stackwright.sql.reference_status import Progress
from tests.sandbox.sql.codes import (
    HEAD,
    LOGGED,
    TABLE,
    contents,
    declared,
    loaded,
    previewed,
    state,
)
from tests.sandbox.sql.helpers import RUNNER, rows

BATCHED = HEAD + "batch: 2\n"
FIVE = "".join(f"00{n},{n},file,t\n" for n in range(1, 6))
LOADED = [(f"00{n}", n, "file", True) for n in range(1, 6)]
KILLED_AT = range(4, 91, 6)
"""Messages of a load of five rows in batches of two; the test below sees that it has them."""


class Stopped(Exception):
    """The run ends here."""


@pytest.fixture
def table(dsn: str) -> str:
    """A table that notes every write of it."""
    rows(dsn, TABLE)
    rows(dsn, LOGGED)
    return dsn


def pausing(before: int, what: Callable[[], object]) -> Listener:
    """Does something in the pause before a batch (from 1)."""
    pauses = [0]

    async def pause() -> None:
        pauses[0] += 1
        if pauses[0] == before:
            what()

    return Listener(pause=pause)


def stop() -> None:
    raise Stopped


def half(dsn: str, data: ReferenceData) -> None:
    """A run that ends before its third batch."""
    with pytest.raises(Stopped):
        loaded(dsn, data, pausing(3, stop))


def written(dsn: str) -> list[str]:
    return [str(row[0]) for row in rows(dsn, "select code from written order by code")]


def test_rows_in_batches_end_as_rows_in_one_transaction(table: str, folder: Path) -> None:
    rows(table, "insert into codes (code, score) values ('003', 9)")
    data = declared(folder, FIVE, BATCHED)
    assert str(loaded(table, data)) == "added 4; changed 1"
    assert contents(table) == LOADED
    assert state(table, data).is_current(data)
    assert str(loaded(table, data)) == "no difference"


def test_a_run_that_stopped_goes_on_behind_its_last_batch(table: str, folder: Path) -> None:
    data = declared(folder, FIVE, BATCHED)
    half(table, data)
    assert contents(table) == LOADED[:4]
    seen = state(table, data)
    assert seen.progress == Progress(data.checksum, 4)
    assert not seen.is_current(data)
    assert seen.progress.behind(data) == "a load stopped behind 4 of 5 rows and goes on there"
    news: list[str] = []
    assert str(loaded(table, data, Listener(news.append))) == "added 1"
    assert [said for said in news if said.endswith(" rows merged")] == ["5 of 5 rows merged"]
    assert written(table) == ["001", "002", "003", "004", "005"]
    assert state(table, data).is_current(data)


def test_the_size_of_a_batch_may_change_in_between(table: str, folder: Path) -> None:
    half(table, declared(folder, FIVE, BATCHED))
    data = declared(folder, FIVE, HEAD + "batch: 3\n")
    assert str(loaded(table, data)) == "added 1"
    assert contents(table) == LOADED


def test_another_content_is_loaded_from_its_beginning(table: str, folder: Path) -> None:
    half(table, declared(folder, FIVE, BATCHED))
    data = declared(folder, FIVE.replace("001,1", "001,7"), BATCHED)
    seen = state(table, data).progress
    assert seen is not None
    assert "of another content stopped behind its row 4" in seen.behind(data)
    assert str(loaded(table, data)) == "added 1; changed 1"
    assert contents(table) == [("001", 7, "file", True), *LOADED[1:]]


def test_half_of_another_content_makes_the_loaded_one_load_again(table: str, folder: Path) -> None:
    before = declared(folder, FIVE, HEAD)
    loaded(table, before)
    half(table, declared(folder, FIVE.replace(",file,t", ",file,f"), BATCHED))
    assert state(table, before).checksum == before.checksum
    assert not state(table, before).is_current(before)
    loaded(table, before)
    assert contents(table) == LOADED
    assert state(table, before).is_current(before)


def test_a_row_that_the_table_refuses_keeps_the_batches_before_it(table: str, folder: Path) -> None:
    data = declared(folder, FIVE.replace("005,5,file", "005,5,bad"), BATCHED)
    told = r"violates check constraint .*; the 4 rows before it are merged and stay; the next run"
    with pytest.raises(BadReferenceData, match=told):
        loaded(table, data)
    assert contents(table) == LOADED[:4]


def test_what_others_wrote_between_two_batches_is_set_right_at_the_end(
    table: str, folder: Path
) -> None:
    data = declared(folder, FIVE, BATCHED + "prune: true\n")

    def meddle() -> None:
        rows(table, "delete from codes where code = '001'")
        rows(table, "insert into codes (code) values ('800')")

    assert str(loaded(table, data, pausing(2, meddle))) == "added 6 (001, ...); removed 1 (800)"
    assert contents(table) == LOADED


def test_a_trigger_that_changes_rows_is_noticed_before_the_first_batch_is_committed(
    table: str, folder: Path
) -> None:
    rows(
        table,
        "create function spoil() returns trigger language plpgsql as "
        "$$ begin new.score := 0; return new; end $$",
    )
    rows(table, "create trigger spoil before insert on codes for each row execute function spoil()")
    with pytest.raises(BadReferenceData, match=r"after the load 2 rows differ .* nothing was"):
        loaded(table, declared(folder, FIVE, BATCHED))
    assert contents(table) == []


def test_protected_rows_stay_in_batches_too(table: str, folder: Path) -> None:
    rows(table, "insert into codes (code, score, source) values ('002', 7, 'manual')")
    data = declared(folder, FIVE, BATCHED)
    assert str(previewed(table, data)).endswith("kept 1 (002)")
    assert str(loaded(table, data)) == "added 4; kept 1 (002)"
    assert contents(table)[1] == ("002", 7, "manual", None)


def test_two_runs_at_once_share_the_batches(table: str, folder: Path) -> None:
    data = declared(folder, FIVE, BATCHED)

    async def one(pause: Callable[[], Awaitable[None]]) -> None:
        async with writing(table) as database:
            await load(database, data, RUNNER, Limits(), Listener(pause=pause))

    async def both() -> None:
        turn = asyncio.Semaphore(1)

        async def pause() -> None:
            async with turn:
                await asyncio.sleep(0)

        await asyncio.gather(one(pause), one(pause))

    asyncio.run(both())
    assert contents(table) == LOADED
    assert written(table) == ["001", "002", "003", "004", "005"]


def test_a_run_with_something_else_ends_one_that_is_half_way(table: str, folder: Path) -> None:
    other = declared(folder, "001,9,file,t\n", HEAD)
    data = declared(folder, FIVE, BATCHED)

    def beside() -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(loaded, table, other).result()

    with pytest.raises(BadReferenceData, match="another run finished or began a load meanwhile"):
        loaded(table, data, pausing(2, beside))
    assert state(table, other).is_current(other)
    loaded(table, data)
    assert contents(table) == LOADED


@pytest.mark.parametrize("at", KILLED_AT)
def test_killed_at_any_message_the_next_run_ends_the_same(
    table: str, folder: Path, at: int
) -> None:
    data = declared(folder, FIVE, BATCHED)
    assert dying(table, folder, at).returncode == -signal.SIGKILL
    loaded(table, data)
    assert contents(table) == LOADED
    assert written(table) == ["001", "002", "003", "004", "005"]
    assert state(table, data).is_current(data)


def test_a_whole_load_has_the_messages_that_are_killed_above(table: str, folder: Path) -> None:
    declared(folder, FIVE, BATCHED)
    count = int(dying(table, folder, 0).stdout)
    assert count - 6 < KILLED_AT[-1] <= count


def dying(dsn: str, folder: Path, at: int) -> subprocess.CompletedProcess[str]:
    argv = [
        sys.executable,
        "-m",
        "tests.sandbox.sql.dying_load",
        str(folder / "codes.csv"),
        str(at),
    ]
    return subprocess.run(
        argv, env={**os.environ, "DSN": dsn}, check=False, capture_output=True, text=True
    )
