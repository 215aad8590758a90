"""Small matters of processes and private files that the embedded server needs."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stackwright import toolchain


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def give_away(path: Path) -> None:
    """Give a file or a tree to the user that the server runs as, where that is another one."""
    owner = toolchain.data_owner()
    if owner is None:
        return
    for entry in (path, *path.rglob("*")):
        os.chown(entry, owner, owner)


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone is no error."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def command_line(pid: int) -> str:
    """Return a process's command line, or nothing when it is gone (or a zombie)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    return _run_ps(["ps", "-o", "command=", "-p", str(pid)])


def _run_ps(argv: Sequence[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def last_complaint(path: Path) -> str:
    """Return the last fatal line of a server's log, or its last line, for an error message."""
    lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return (fatal or lines or ["(none)"])[-1]
