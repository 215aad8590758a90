"""What is shown while something long is going on."""

import io

from stackwright.toolchain.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *times: float) -> str:
    moments = iter((0.0, 0.0, *times))
    progress = Progress(stream, lambda: next(moments))
    progress.step("compiling")
    for number, _ in enumerate(times, 1):
        progress.count(f"{number} of 9")
    return stream.getvalue()


def test_a_log_gets_a_line_at_most_every_fifteen_seconds() -> None:
    lines = shown(io.StringIO(), 1, 14, 16, 17, 40).splitlines()

    assert lines == ["==> compiling", "    3 of 9 (16 s)", "    5 of 9 (40 s)"]


def test_a_terminal_gets_one_line_that_changes() -> None:
    text = shown(Terminal(), 1, 2)

    assert text.count("\n") == 1
    assert text.count("\r") == 2
