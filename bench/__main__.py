"""`make bench`: what a run costs beside the least that it could cost, as tables.

`make bench ARGS=sql` measures the SQL engine instead (`sql.py`).

Every figure stands beside a floor that was measured in the same minute on the same machine, in
turn (A B A B): machines are noisy, ratios hold. Nothing here is asserted.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stackwright import toolchain

ROOT = Path(__file__).resolve().parent.parent
STACKWRIGHT = [sys.executable, "-m", "stackwright.cli"]
PARTS = (
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "__main__.py",
    "settings.py",
    "components",
    "functions",
    "sql",
    "plugin",
)
RUNS = 5
EMPTY = """name: empty
runtime: python
"""


def main() -> None:
    """Converge the root project once in a sandbox of its own, then time what follows."""
    with tempfile.TemporaryDirectory() as folder:
        project, empty = Path(folder) / "project", Path(folder) / "empty"
        _copy(project)
        _sandbox(project, "sandbox", "start")
        try:
            _pulumi(project, "stack", "select", "--create", "dev")
            first = _seconds(lambda: _pulumi(project, "up", "--stack", "dev", "--yes", "-f"))
            _make_empty(empty)
            _report(first, project, empty)
        finally:
            _sandbox(project, "sandbox", "stop")


def _copy(project: Path) -> None:
    project.mkdir()
    for part in PARTS:
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, project / part)


def _make_empty(empty: Path) -> None:
    """The floor: a program without resources, on a backend of its own and the same CLI."""
    (empty / "state").mkdir(parents=True)
    (empty / "Pulumi.yaml").write_text(EMPTY)
    (empty / "__main__.py").write_text("import pulumi\n")
    _floor(empty, "stack", "init", "floor")


def _floor(empty: Path, *arguments: str) -> None:
    cli = toolchain.pulumi()
    environment = toolchain.pulumi_environment(
        os.environ,
        cli=cli,
        python_bin=Path(sys.executable).parent,
        home=empty / "home",
        backend=f"file://{empty / 'state'}",
        passphrase="floor",
    )
    command = [str(cli), *arguments]
    subprocess.run(command, cwd=empty, env=environment, capture_output=True, check=True)


def _report(first: float, project: Path, empty: Path) -> None:
    floor: list[float] = []
    preview: list[float] = []
    again: list[float] = []
    for _ in range(RUNS):
        floor.append(_seconds(lambda: _floor(empty, "preview")))
        preview.append(_seconds(lambda: _pulumi(project, "preview", "--stack", "dev")))
        again.append(_seconds(lambda: _pulumi(project, "up", "--stack", "dev", "--yes", "-f")))
    table = Table(title="whole commands, seconds (sandbox start-up of the command included)")
    for column in ("what", "min", "median", "max", "of the floor"):
        table.add_column(column, justify="left" if column == "what" else "right")
    _row(table, "floor: preview of an empty program", floor, floor)
    _row(table, "preview, nothing changed", preview, floor)
    _row(table, "up, nothing changed", again, floor)
    _row(table, "first up (once)", [first], floor)
    Console().print(table)
    _requests(project)
    _start_up()


def _row(table: Table, name: str, values: list[float], floor: list[float]) -> None:
    median = statistics.median(values)
    ratio = f"{median / statistics.median(floor):.2f} x"
    table.add_row(name, f"{min(values):.2f}", f"{median:.2f}", f"{max(values):.2f}", ratio)


def _requests(project: Path) -> None:
    """What a preview without changes asks of the vendors."""
    mark = _sandbox(project, "sandbox", "journal", "--mark").strip()
    _pulumi(project, "preview", "--stack", "dev")
    lines = _sandbox(project, "sandbox", "journal", "--json", "--since", mark).splitlines()
    entries = [json.loads(line) for line in lines]
    table = Table(title="requests of a preview, nothing changed")
    for column in ("vendor", "reads", "writes"):
        table.add_column(column, justify="left" if column == "vendor" else "right")
    for vendor in sorted({entry["vendor"] for entry in entries}):
        own = [entry for entry in entries if entry["vendor"] == vendor]
        writes = sum(entry["write"] for entry in own)
        table.add_row(vendor, str(len(own) - writes), str(writes))
    Console().print(table)


def _start_up() -> None:
    """From the start of the plugin's process to its first line; the floor only imports."""
    floor, plugin = [], []
    bare = [sys.executable, "-c", "import pulumi, grpc; print(1)"]
    for _ in range(RUNS):
        floor.append(_first_line(bare))
        plugin.append(_first_line([sys.executable, "-m", "stackwright.plugin"]))
    table = Table(title="start of a process to its first line, seconds")
    for column in ("what", "min", "median", "max", "of the floor"):
        table.add_column(column, justify="left" if column == "what" else "right")
    _row(table, "floor: import pulumi, grpc", floor, floor)
    _row(table, "plugin", plugin, floor)
    Console().print(table)


def _first_line(command: list[str]) -> float:
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took = time.perf_counter() - started
        process.terminate()
    return took


def _seconds(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def _pulumi(project: Path, *arguments: str) -> str:
    return _sandbox(project, "sandbox", "run", "--", "pulumi", *arguments)


def _sandbox(project: Path, *arguments: str) -> str:
    command = [*STACKWRIGHT, *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    if sys.argv[1:] == ["sql"]:
        from bench import sql

        sql.main()
    else:
        main()
