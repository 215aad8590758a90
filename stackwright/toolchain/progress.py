"""What a person sees while tools are obtained: a line a step, and a counter within long ones."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_EVERY_TERMINAL = 0.2
_EVERY_LOG = 15.0


class Progress:
    """Writes steps and counters to a stream, at most so often that a log stays readable."""

    def __init__(
        self, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._every = _EVERY_TERMINAL if stream.isatty() else _EVERY_LOG
        self._begun = self._shown = clock()

    def step(self, text: str) -> None:
        """Starts a step: its line, and its clock."""
        self._begun = self._shown = self._clock()
        self._write(f"==> {text}\n")

    def count(self, text: str) -> None:
        """Shows where a long step is; calls that come too quickly are dropped."""
        now = self._clock()
        if now - self._shown < self._every:
            return
        self._shown = now
        line = f"    {text} ({now - self._begun:.0f} s)"
        self._write(f"\r{line:<100}" if self._stream.isatty() else f"{line}\n")

    def done(self, text: str) -> None:
        """Ends a step with what came of it and how long it took."""
        start = "\r" if self._stream.isatty() else ""
        self._write(f"{start}{f'    {text} ({self._clock() - self._begun:.1f} s)':<100}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
