"""One command of the stand-in for Pulumi's command plugin, run for real."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.command_plugin.command import Command, Failed, run


def ran(script: str, previous: dict[str, Any] | None = None, **inputs: Any) -> dict[str, str]:
    return asyncio.run(run(Command(script, inputs, previous or {}), _nowhere))


def logged(script: str, **inputs: Any) -> list[str]:
    lines: list[str] = []

    async def keep(text: str) -> None:
        lines.append(text)

    asyncio.run(run(Command(script, inputs), keep))
    return lines


async def _nowhere(_: str) -> None:
    return None


def test_stdin_directory_and_interpreter_are_honoured(tmp_path: Path) -> None:
    script = "import os, sys; print(sys.stdin.read(), os.getcwd())"

    said = ran(script, interpreter=["python3", "-c"], stdin="hi", dir=str(tmp_path))

    assert said["stdout"] == f"hi {tmp_path.resolve()}"


def test_only_the_last_newline_is_dropped() -> None:
    assert ran("printf 'a\\nb\\n\\n'")["stdout"] == "a\nb\n"


def test_both_streams_are_kept_apart() -> None:
    assert ran("echo out; echo err >&2") == {"stdout": "out", "stderr": "err"}


def test_a_long_output_without_a_newline_is_whole() -> None:
    assert len(ran("head -c 300000 /dev/zero | tr '\\0' x")["stdout"]) == 300000


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert ran("printf 'a\\377b'")["stdout"] == "a\ufffdb"


def test_a_command_that_does_not_read_its_stdin_succeeds() -> None:
    assert ran("exec 0<&-; echo done", stdin="x" * 500_000)["stdout"] == "done"


@pytest.mark.parametrize(
    ("logging", "lines"),
    [
        ("stdoutAndStderr", {"out", "err"}),
        ("stdout", {"out"}),
        ("stderr", {"err"}),
        ("none", set()),
    ],
)
def test_only_the_lines_that_were_asked_for_are_logged(logging: str, lines: set[str]) -> None:
    assert set(logged("echo out; echo err >&2", logging=logging)) == lines


def test_the_last_output_is_in_the_environment_unless_turned_off() -> None:
    show = 'echo "$PULUMI_COMMAND_STDOUT"'

    assert ran(show, {"stdout": "before"})["stdout"] == "before"
    assert ran(show, {"stdout": "before"}, addPreviousOutputInEnv=False)["stdout"] == ""


def test_a_failure_says_status_command_and_both_streams() -> None:
    with pytest.raises(Failed, match=r'exit status 3: running "echo out; exit 3":\nout$'):
        ran("echo out; exit 3")


def test_a_failure_by_a_signal_says_which() -> None:
    with pytest.raises(Failed, match="signal: SIGKILL"):
        ran("kill -9 $$")


def test_a_cancelled_command_is_ended_with_its_children(tmp_path: Path) -> None:
    marker = tmp_path / "ended"
    script = f"trap 'touch {marker}; exit' TERM; echo ready; sleep 60 & wait"

    async def cancelled() -> None:
        started = asyncio.Event()

        async def line(_: str) -> None:
            started.set()

        task = asyncio.create_task(run(Command(script, {}), line))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())

    assert marker.exists()
