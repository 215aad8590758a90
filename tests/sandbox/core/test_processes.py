import asyncio
import os
import signal
from pathlib import Path

import pytest

from stackwright.sandbox.processes import Child, Processes, is_alive, start_time

ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def test_a_process_gets_exactly_its_environment_and_writes_to_its_log(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "secret")

    async def run() -> int:
        await processes.start("a", ["/usr/bin/env"], env={"THEIRS": "1"})
        return await processes.wait("a")

    assert asyncio.run(run()) == 0
    assert processes.log("a").read_text() == "THEIRS=1\n"


def test_stopping_ends_the_children_of_a_process_too(processes: Processes) -> None:
    async def run() -> int:
        script = "sleep 600 & echo $!; wait"
        await processes.start("a", ["/bin/sh", "-c", script], env=ENV)
        while not processes.log("a").read_text().strip():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        grandchild = int(processes.log("a").read_text())
        await processes.stop("a")
        return grandchild

    assert start_time(asyncio.run(run())) is None
    assert not processes.running("a")


def test_a_process_that_ignores_its_signal_is_killed(processes: Processes) -> None:
    async def run() -> Child:
        script = "trap '' TERM; echo ready; while true; do sleep 1; done"
        child = await processes.start("a", ["/bin/sh", "-c", script], env=ENV, grace=0.2)
        while "ready" not in processes.log("a").read_text():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        await processes.stop("a")
        return child

    assert not is_alive(asyncio.run(run()))


def test_starting_again_replaces_the_process(processes: Processes) -> None:
    async def run() -> tuple[Child, Child]:
        first = await processes.start("a", ["sleep", "600"], env=ENV)
        second = await processes.start("a", ["sleep", "600"], env=ENV)
        alive = [child.pid for child in processes.all()]
        assert alive == [second.pid]
        await processes.stop_all()
        return first, second

    assert not any(is_alive(child) for child in asyncio.run(run()))


def test_another_sandbox_object_ends_what_was_left_behind(tmp_path: Path) -> None:
    earlier = Processes(tmp_path)
    child = asyncio.run(earlier.start("a", ["sleep", "600"], env=ENV))
    assert [left.pid for left in asyncio.run(Processes(tmp_path).sweep())] == [child.pid]
    assert not is_alive(child)
    assert earlier.exit_code("a") == -signal.SIGTERM


def test_a_process_that_merely_has_the_same_pid_is_never_touched(tmp_path: Path) -> None:
    async def run() -> bool:
        mine, other = Processes(tmp_path / "mine"), Processes(tmp_path / "other")
        child = await other.start("a", ["sleep", "600"], env=ENV)
        mine.adopt(Child("old", child.pid, "an earlier time", signal.SIGTERM, 1.0))
        assert not mine.running("old")
        await mine.sweep()
        alive = other.running("a")
        await other.stop_all()
        return alive

    assert asyncio.run(run())


def test_a_program_that_does_not_exist_is_an_error(processes: Processes) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(processes.start("a", ["/nonexistent"], env=ENV))


def test_a_process_that_has_ended_is_not_listed(processes: Processes) -> None:
    async def run() -> None:
        await processes.start("a", ["true"], env=ENV)
        await processes.wait("a")

    asyncio.run(run())
    assert processes.all() == []
