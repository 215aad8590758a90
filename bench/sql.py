"""`make bench ARGS=sql`: the SQL engine beside what a hand-written program would need.

Each floor does the same work with as little as PostgreSQL asks for: one message a file with its
ledger row, a COPY and a MERGE. Floor and ours run in turn on databases of their own.
"""

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from stackwright.postgres.server import Postgres, free_port
from stackwright.sql import ledger, plan, reference_load, reference_status, shadow
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import reading, writing
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration, load
from stackwright.sql.record import Runner
from stackwright.sql.reference import ReferenceData

RUNS = 3
FILES, DISTANT_FILES, ROWS = 1000, 100, 500_000
ONE_WAY = 0.010
RUNNER = Runner("bench@here")
_LEDGER = """CREATE SCHEMA supabase_migrations;
CREATE TABLE supabase_migrations.schema_migrations
    (version text PRIMARY KEY, statements text[], name text)"""
_CODES = "CREATE TABLE codes (code text PRIMARY KEY, name text, score int)"
_MERGE = """MERGE INTO codes t USING stage f ON t.code = f.code
WHEN MATCHED AND (t.name, t.score) IS DISTINCT FROM (f.name, f.score)
    THEN UPDATE SET name = f.name, score = f.score
WHEN NOT MATCHED THEN INSERT VALUES (f.code, f.name, f.score)"""


@dataclass(frozen=True)
class Bench:
    """The server, a folder for files, and the rows of the table so far."""

    server: Postgres
    folder: Path
    table: Table

    @contextmanager
    def database(self, *statements: str) -> Iterator[str]:
        """A fresh database."""
        self.server.create_database("bench", template="postgres")
        try:
            dsn = self.server.dsn(database="bench")
            with psycopg.connect(dsn) as connection:
                for statement in statements:
                    connection.execute(statement.encode())
            yield dsn
        finally:
            self.server.drop_database("bench")

    def row(self, name: str, values: list[float], floor: list[float] | None = None) -> None:
        """One line: seconds, and how many times the floor."""
        median = statistics.median(values)
        ratio = f"{median / statistics.median(floor):.2f} x" if floor else ""
        self.table.add_row(name, *(f"{v:.3f}" for v in (min(values), median, max(values))), ratio)

    def migrations(self, count: int) -> list[Migration]:
        """A folder of small files, in order."""
        folder = self.folder / f"migrations_{count}"
        folder.mkdir(exist_ok=True)
        for n in range(count):
            text = f"create table t{n} (id int primary key, name text);\n"
            (folder / f"{20260101000000 + n}_t{n}.sql").write_text(text)
        return load(folder)


def main() -> None:
    """Measure and print."""
    table = Table(title="SQL, seconds")
    for column in ("what", "min", "median", "max", "of the floor"):
        table.add_column(column, justify="left" if column == "what" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Postgres(folder / "data", free_port(), password="bench") as server:
            bench = Bench(server, folder, table)
            for part in (_from_empty, _distant, _nothing_pending, _previews, _reference):
                part(bench)
    Console().print(table)


def _from_empty(bench: Bench) -> None:
    files = bench.migrations(FILES)
    floor, ours = [], []
    for _ in range(RUNS):
        with bench.database(_LEDGER) as dsn:
            floor.append(_seconds(partial(_one_message_each, dsn, files)))
        with bench.database() as dsn:
            ours.append(_awaited(_read_and_apply(dsn, bench.folder / f"migrations_{FILES}")))
    bench.row(f"floor: {FILES} files, one message each", floor, floor)
    bench.row(f"{FILES} files from empty, reading them included", ours, floor)


def _one_message_each(dsn: str, files: list[Migration]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for file in files:
            connection.execute(
                f"BEGIN; {file.text} INSERT INTO supabase_migrations.schema_migrations VALUES "
                f"('{file.version}', ARRAY['{file.text}'], '{file.name}'); COMMIT".encode()
            )


async def _apply(dsn: str, files: list[Migration]) -> None:
    async with writing(dsn) as database:
        await apply(database, files, RUNNER, Options())


async def _read_and_apply(dsn: str, folder: Path) -> None:
    await _apply(dsn, load(folder))


def _distant(bench: Bench) -> None:
    """Over a proxy that keeps everything for 10 ms each way: what counts is the turns."""
    files = bench.migrations(DISTANT_FILES)
    floor, ours, turns = [], [], []
    for _ in range(RUNS):
        with bench.database(_LEDGER) as dsn, _proxy(dsn) as (far, _):
            floor.append(_seconds(partial(_one_message_each, far, files)))
        with bench.database() as dsn, _proxy(dsn) as (far, seen):
            ours.append(_awaited(_apply(far, files)))
            turns.append(seen[0] / DISTANT_FILES)
    bench.row(f"floor: {DISTANT_FILES} files over 20 ms", floor, floor)
    bench.row(f"{DISTANT_FILES} files over 20 ms", ours, floor)
    bench.table.add_row("  turns a file, connecting included", *[f"{t:.2f}" for t in turns])


@contextmanager
def _proxy(dsn: str) -> Iterator[tuple[str, list[int]]]:
    """A proxy in a thread of its own, 10 ms away in each direction: its address, its turns."""
    port = int(str(psycopg.conninfo.conninfo_to_dict(dsn)["port"]))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    proxy = _Proxy(port)
    server = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result()
    try:
        here = server.sockets[0].getsockname()[1]
        yield psycopg.conninfo.make_conninfo(dsn, host="127.0.0.1", port=here), proxy.turns
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Proxy:
    """Carries bytes late; `turns[0]`: how often the client spoke after the server had."""

    def __init__(self, port: int) -> None:
        self.port, self.turns, self._last = port, [0], ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._carry, "127.0.0.1", 0)

    async def stop(self, server: asyncio.Server) -> None:
        server.close()
        await asyncio.sleep(3 * ONE_WAY)  # what is on its way arrives, and both ends close
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        for who, source, target in (("us", reader, far_writer), ("it", far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._delayed(who, source, target)))

    async def _delayed(
        self, who: str, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while block := await source.read(1 << 16):
            self.turns[0] += who == "us" and self._last != "us"
            self._last = who
            loop.call_later(ONE_WAY, target.write, block)
        loop.call_later(ONE_WAY, target.close)


def _nothing_pending(bench: Bench) -> None:
    files = bench.migrations(FILES)
    with bench.database() as dsn:
        asyncio.run(_apply(dsn, files))
        connecting = [_seconds(lambda: asyncio.run(_connect(dsn))) for _ in range(RUNS)]
        asking = [_seconds(lambda: asyncio.run(_ask(dsn, files))) for _ in range(RUNS)]
    bench.row("floor: connect and ask for nothing", connecting, connecting)
    bench.row(f"connect and find nothing pending of {FILES}", asking, connecting)


async def _connect(dsn: str) -> None:
    async with reading(dsn) as database:
        await database.query("SELECT 1")


async def _ask(dsn: str, files: list[Migration]) -> None:
    async with reading(dsn) as database:
        assert not plan.make(files, await ledger.read(database)).pending


def _previews(bench: Bench) -> None:
    *applied, pending = bench.migrations(DISTANT_FILES + 1)
    workspace = bench.folder / "workspace"
    with bench.database() as dsn:
        asyncio.run(_apply(dsn, applied))

        def preview(file: Migration) -> float:
            return _seconds(lambda: asyncio.run(shadow.check([file], dsn, workspace)))

        preview(pending)
        texts = [f"create table warm{n} (a int);" for n in range(RUNS)]
        warm = [preview(Migration("29990101000000", "warm", text)) for text in texts]
        cached = [preview(pending) for _ in range(RUNS)]
    bench.row(f"shadow of one file over {DISTANT_FILES} applied, warm", warm)
    bench.row("  the same again, nothing changed", cached)


def _reference(bench: Bench) -> None:
    file = bench.folder / "codes.csv"
    file.with_suffix(".yaml").write_text("table: public.codes\nkey: code\n")
    lines = (f"{n},name of {n},{n % 97}\n" for n in range(ROWS))
    file.write_text("code,name,score\n" + "".join(lines))
    floor, ours, again = [], [], []
    for _ in range(RUNS):
        with bench.database(_CODES) as dsn:
            floor.append(_seconds(partial(_copy_and_merge, dsn, file)))
        with bench.database(_CODES) as dsn:
            ours.append(_awaited(_load(dsn, file)))
            again.append(_awaited(_unchanged(dsn, file)))
    bench.row(f"floor: {ROWS} rows, COPY and MERGE by hand", floor, floor)
    bench.row(f"{ROWS} reference rows, reading and checking included", ours, floor)
    bench.row("  unchanged file, reading included", again)


def _copy_and_merge(dsn: str, file: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TEMP TABLE stage (LIKE codes) ON COMMIT DROP")
        with connection.cursor().copy("COPY stage FROM STDIN (FORMAT csv, HEADER true)") as copy:
            copy.write(file.read_bytes())
        connection.execute(_MERGE)


async def _load(dsn: str, file: Path) -> None:
    async with writing(dsn) as database:
        await reference_load.load(database, ReferenceData.load(file), RUNNER, Limits())


async def _unchanged(dsn: str, file: Path) -> None:
    data = ReferenceData.load(file)
    async with reading(dsn) as database:
        assert (await reference_status.status(database, data.declaration.table)).is_current(data)


def _awaited(what: Coroutine[Any, Any, object]) -> float:
    return _seconds(lambda: asyncio.run(what))


def _seconds(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
