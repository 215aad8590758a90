"""Child processes of the sandbox: own process groups, log files, pid files, a certain end.

A pid file names the process by pid and start time, so that `sweep` ends what a killed sandbox
left behind and never touches a process that merely got the same pid later.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stackwright.files import replace_text
from stackwright.sandbox.ports import Ports

_POLL = 0.02


@dataclass(frozen=True)
class Child:
    """A running process. `started` is the system's own word for when, to tell reused pids apart."""

    name: str
    pid: int
    started: str
    stop_signal: int
    grace: float


class Processes:
    """The real processes of one sandbox; files under `root`/run and `root`/logs."""

    def __init__(self, root: Path, ports: Ports | None = None) -> None:
        self._run = root / "run"
        self._logs = root / "logs"
        self.ports = ports or Ports(root / "ports.json")
        self._popen: dict[str, subprocess.Popen[bytes]] = {}

    def port(self, name: str) -> int:
        """The port of `name`, chosen once and kept."""
        return self.ports.port(name)

    def log(self, name: str) -> Path:
        """The file that gets the process's stdout and stderr."""
        self._logs.mkdir(parents=True, exist_ok=True)
        return self._logs / f"{_safe(name)}.log"

    async def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        grace: float = 10.0,
    ) -> Child:
        """Start `argv` with exactly `env` in a process group of its own.

        A process of the same name is stopped first. Output is appended to `log(name)`. Raises
        OSError when the program cannot be started.
        """
        await self.stop(name)
        with self.log(name).open("ab") as output:
            popen = subprocess.Popen(  # noqa: ASYNC220 - returns at once; the file must be open
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(name, popen.pid, start_time(popen.pid) or "", stop_signal, grace)
        self._popen[name] = popen
        self.adopt(child)
        return child

    def adopt(self, child: Child) -> None:
        """Keep a pid file for a process that something else started (a database's postmaster)."""
        replace_text(self._file(child.name), json.dumps(asdict(child)))

    def running(self, name: str) -> bool:
        """Whether the process lives."""
        return self.child(name) is not None

    def child(self, name: str) -> Child | None:
        """The living process of that name."""
        popen = self._popen.get(name)
        if popen is not None and popen.poll() is not None:
            return None
        child = _read(self._file(name))
        return child if child is not None and is_alive(child) else None

    def exit_code(self, name: str) -> int | None:
        """The exit code of a process that this sandbox started and that has ended."""
        popen = self._popen.get(name)
        return None if popen is None else popen.poll()

    def all(self) -> list[Child]:
        """Every living process."""
        children = (_read(path) for path in sorted(self._run.glob("*.json")))
        return [child for child in children if child is not None and is_alive(child)]

    async def wait(self, name: str) -> int:
        """Wait until a process that `start` started ends; its exit code (negative: signal)."""
        popen = self._popen[name]
        while (code := popen.poll()) is None:  # noqa: ASYNC110 - no event tells the end
            await asyncio.sleep(_POLL)
        return code

    async def stop(self, name: str) -> None:
        """Stop a process and its children: its signal, then SIGKILL. Not running is no error."""
        child = _read(self._file(name))
        if child is not None and is_alive(child):
            await _end(child)
        popen = self._popen.pop(name, None)
        if popen is not None:
            await asyncio.to_thread(popen.wait)
        self._file(name).unlink(missing_ok=True)

    async def stop_all(self) -> None:
        """Stop every process, the last started first, databases last of all."""
        known = (_read(path) for path in self._run.glob("*.json"))
        names = [child.name for child in known if child is not None]
        databases = [name for name in names if name.startswith("postgres")]
        others = [name for name in names if name not in databases]
        await asyncio.gather(*(self.stop(name) for name in others))
        await asyncio.gather(*(self.stop(name) for name in databases))

    async def sweep(self) -> list[Child]:
        """End what an earlier sandbox left behind; answers what was ended."""
        left = self.all()
        await self.stop_all()
        return left

    def _file(self, name: str) -> Path:
        return self._run / f"{_safe(name)}.json"


def start_time(pid: int) -> str | None:
    """When the process started, in the system's own words; None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def is_alive(child: Child) -> bool:
    """Whether that very process lives, not another one with its pid."""
    return start_time(child.pid) == child.started


async def _end(child: Child) -> None:
    _signal(child, child.stop_signal)
    if not await _gone(child, child.grace):
        _signal(child, signal.SIGKILL)
        await _gone(child, child.grace)


def _signal(child: Child, number: int) -> None:
    try:
        # SIGINT goes to the leader alone: to a PostgreSQL child it means "cancel the query".
        if number == signal.SIGINT:
            os.kill(child.pid, number)
        else:
            os.killpg(child.pid, number)
    except ProcessLookupError:
        return


async def _gone(child: Child, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(child):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)
    return True


def _read(path: Path) -> Child | None:
    try:
        return Child(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
