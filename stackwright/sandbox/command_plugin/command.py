"""Runs one command as the plugin's documentation describes, and says what it printed.

Source: https://www.pulumi.com/registry/packages/command/api-docs/local/command/
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Line = Callable[[str], Awaitable[None]]
Stream = Literal["stdout", "stderr"]
_LOGGED: Mapping[str, frozenset[str]] = {
    "none": frozenset(),
    "stdout": frozenset({"stdout"}),
    "stderr": frozenset({"stderr"}),
    "stdoutAndStderr": frozenset({"stdout", "stderr"}),
}
_SHELL = ["/bin/sh", "-c"]
_CHUNK = 65536
_GRACE = 5.0  # seconds between asking a command to end and ending it


@dataclass
class Command:
    """A script with the inputs (plain, camelCase) and the last outputs of its resource."""

    script: str
    inputs: Mapping[str, Any]
    previous: Mapping[str, Any] = field(default_factory=dict)

    def argv(self) -> list[str]:
        return [*(self.inputs.get("interpreter") or _SHELL), self.script]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base`, the last output unless that is turned off, and what the user declared."""
        made = dict(base)
        if self.inputs.get("addPreviousOutputInEnv", True):
            for name in ("stdout", "stderr"):
                if name in self.previous:
                    made[f"PULUMI_COMMAND_{name.upper()}"] = str(self.previous[name])
        return made | {k: str(v) for k, v in (self.inputs.get("environment") or {}).items()}

    def logs(self, stream: Stream) -> bool:
        return stream in _LOGGED.get(self.inputs.get("logging", "stdoutAndStderr"), frozenset())


class Failed(Exception):
    """The command ended with another status than 0; the text is the real plugin's."""


async def run(command: Command, line: Line) -> dict[str, str]:
    """`stdout` and `stderr` without the last newline; each logged line is given to `line`.

    Raises Failed. When the caller is cancelled, the command and its children are ended.
    """
    process = await asyncio.create_subprocess_exec(
        *command.argv(),
        cwd=command.inputs.get("dir") or None,
        env=command.environment(os.environ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    printed: list[str] = []  # of both streams, as it came, for the failure's text
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_feed(process, str(command.inputs.get("stdin") or "")))
            out = tasks.create_task(_read(process.stdout, printed, _to(line, command, "stdout")))
            err = tasks.create_task(_read(process.stderr, printed, _to(line, command, "stderr")))
        status = await process.wait()
    except BaseException:  # cancelled, or the engine that wants the lines is gone
        await _end(process)
        raise
    if status:
        text = "".join(printed)
        raise Failed(f'{_status(status)}: running "{command.script}":\n{text}'.rstrip("\n"))
    return {"stdout": out.result(), "stderr": err.result()}


def _status(status: int) -> str:
    return f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _to(line: Line, command: Command, stream: Stream) -> Line | None:
    return line if command.logs(stream) else None


async def _feed(process: asyncio.subprocess.Process, text: str) -> None:
    assert process.stdin  # noqa: S101 - asked for above
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read what we say
        process.stdin.write(text.encode())
        await process.stdin.drain()
    process.stdin.close()


async def _read(stream: asyncio.StreamReader | None, printed: list[str], line: Line | None) -> str:
    """All of a stream; lines are passed on as they are completed."""
    assert stream  # noqa: S101 - asked for above
    collected = bytearray()
    begun = 0
    while block := await stream.read(_CHUNK):
        collected += block
        while (end := collected.find(b"\n", begun)) >= 0:
            await _pass_on(collected[begun : end + 1], printed, line)
            begun = end + 1
    if begun < len(collected):
        await _pass_on(collected[begun:], printed, line)
    return collected.decode(errors="replace").removesuffix("\n")


async def _pass_on(raw: bytearray, printed: list[str], line: Line | None) -> None:
    text = raw.decode(errors="replace")
    printed.append(text)
    if line:
        await line(text.rstrip("\n"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends the command's whole session, a shell's children too; by force if it will not."""
    if process.stdin:
        process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.communicate(), _GRACE)
            return
