"""Shows how far long work is, on stderr: a bar for a person, a line for each phase elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Shown:
    """What is told: a phase, and how many of how many."""

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar
        self._phase = ""
        self._task = bar.add_task("", total=None) if bar else None

    def __call__(self, phase: str, done: int = 0, total: int = 0) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=phase, completed=done, total=total or None)
        elif phase != self._phase:
            click.echo(phase, err=True)
        self._phase = phase


@contextmanager
def shown() -> Iterator[Shown]:
    """Show progress for the length of a block."""
    if not sys.stderr.isatty():
        yield Shown(None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        yield Shown(bar)
