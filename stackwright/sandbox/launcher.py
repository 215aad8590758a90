"""Starts, finds and ends the sandbox's background process."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from stackwright.errors import StackwrightError
from stackwright.sandbox.ports import Ports
from stackwright.sandbox.processes import Child, Processes, is_alive

_POLL = 0.05
_PATIENCE = 120.0  # a first start may copy databases and fetch what functions import
_GRACE = 30.0


class SandboxError(StackwrightError):
    """The sandbox could not start, stop, or do what it was asked to."""


@dataclass(frozen=True)
class Launcher:
    """The sandbox kept in `root` (`.stackwright/sandbox`), running or not."""

    root: Path
    sleep: Callable[[float], None] = time.sleep

    @property
    def log(self) -> Path:
        """What the background process says."""
        return self.root / "daemon.log"

    def url(self) -> str:
        """The address of the page and of the control API."""
        return f"http://127.0.0.1:{Ports(self.root / 'ports.json').port('page')}"

    def running(self) -> bool:
        """Whether the background process lives and answers."""
        return self._process() is not None and self._answers()

    def start(self, scenario: str = "default", *, new_ports: bool = False) -> bool:
        """Start the sandbox and wait until it answers; False when it was running already."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._one_at_a_time():
            if self.running():
                return False
            if new_ports:
                (self.root / "ports.json").unlink(missing_ok=True)
            self._await(self._spawn(scenario))
        return True

    def stop(self) -> bool:
        """End the sandbox and everything it started, also after a killed daemon."""
        if not self.root.exists():
            return False
        with self._one_at_a_time():
            process = self._process()
            if process is not None:
                self._end(process)
            left = asyncio.run(Processes(self.root).sweep())
            (self.root / "daemon.json").unlink(missing_ok=True)
        return process is not None or bool(left)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the control API; the answer's JSON. Raises SandboxError with its words."""
        try:
            response = _request(method, f"{self.url()}/_sandbox/{path}", body)
        except httpx.TransportError:
            raise SandboxError(
                "The sandbox is not running: start it with `stackwright sandbox start`."
            ) from None
        if response.status_code == 204:
            return None
        answer = response.json() if "json" in response.headers.get("content-type", "") else {}
        if response.is_error:
            words = answer.get("message") or f"it answered {response.status_code}"
            raise SandboxError(f"The sandbox refused: {words}.")
        return answer

    def _spawn(self, scenario: str) -> "subprocess.Popen[bytes]":
        arguments = [sys.executable, "-m", "stackwright.sandbox.daemon", str(self.root), scenario]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await(self, popen: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _PATIENCE
        while popen.poll() is None:
            if self._answers():
                popen.returncode = 0  # it goes on without us; that is no leak
                return
            if time.monotonic() > deadline:
                os.kill(popen.pid, signal.SIGTERM)
                raise SandboxError(f"The sandbox does not answer; its log is {self.log}.")
            self.sleep(_POLL)
        raise SandboxError(f"The sandbox did not start.\n{self._last_words()}")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-10:])

    def _answers(self) -> bool:
        try:
            return _request("GET", f"{self.url()}/_sandbox/status").is_success
        except httpx.TransportError:
            return False

    def _process(self) -> Child | None:
        try:
            known = json.loads((self.root / "daemon.json").read_text())
        except (FileNotFoundError, ValueError):
            return None
        child = Child("daemon", known["pid"], known["started"], signal.SIGTERM, _GRACE)
        return child if is_alive(child) else None

    def _end(self, process: Child) -> None:
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + process.grace
        while is_alive(process):
            if time.monotonic() > deadline:
                os.kill(process.pid, signal.SIGKILL)
            self.sleep(_POLL)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Two `start` at once must not become two sandboxes."""
        with (self.root / "daemon.start").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _request(method: str, url: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return httpx.request(method, url, json=body, trust_env=False, timeout=60)


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` with a Pulumi.yaml, else `start`."""
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    return start


def scenario_of(project: Path) -> str:
    """What a new sandbox of a project contains: its own `sandbox/scenario.yaml`, else ours."""
    own = project / "sandbox"
    return str(own) if (own / "scenario.yaml").is_file() else "default"


def sandbox_of(project: Path) -> Launcher:
    """The sandbox of a project."""
    return Launcher(project / ".stackwright" / "sandbox")
