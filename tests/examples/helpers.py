"""What the tests of the example products share: their SQL, run by the deployer's own engine."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from stackwright.postgres.server import Postgres
from stackwright.sql import checks, reference_load
from stackwright.sql.apply import Options, apply
from stackwright.sql.checks import Check
from stackwright.sql.database import writing
from stackwright.sql.limits import Limits
from stackwright.sql.migration import load
from stackwright.sql.plan import Plan
from stackwright.sql.record import Runner
from stackwright.sql.reference import ReferenceData
from tests.product.conftest import copy_of

EXAMPLES = Path(__file__).parents[2] / "examples"
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Example:
    """One example: its folder below `examples/`, its folders of migrations, its reference data."""

    name: str
    collections: tuple[str, ...]
    data: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return EXAMPLES / self.name

    @cached_property
    def checks(self) -> dict[str, Check]:
        """The checks by the name of their file."""
        return {Path(c.file).stem: c for c in checks.load(self.folder / "sql/checks")}

    def migrate(self, dsn: str, *folders: str, baseline: str | None = None) -> list[str]:
        """Apply folders (all, if none is named) as `pulumi up` does; the files that ran."""
        plans = [self._apply(dsn, folder, baseline) for folder in folders or self.collections]
        return [file.file for plan in plans for file in plan.pending]

    def _apply(self, dsn: str, folder: str, baseline: str | None) -> Plan:
        async def once() -> Plan:
            collection = "" if folder == "migrations" else folder
            files = load(self.folder / "sql" / folder)
            async with writing(dsn) as database:
                runner = Runner("ada@laptop", "0123abc", collection)
                return await apply(database, files, runner, Options(baseline=baseline))

        return asyncio.run(once())

    def fill(self, dsn: str) -> None:
        """Load the reference data as `pulumi up` does."""

        async def once() -> None:
            async with writing(dsn) as database:
                for file in self.data:
                    data = ReferenceData.load(self.folder / "sql/reference" / file)
                    await reference_load.load(database, data, Runner("ada@laptop"), Limits())

        asyncio.run(once())

    def undo(self, dsn: str, *files: str) -> None:
        """Run files of `sql/down`."""
        with psycopg.connect(dsn, autocommit=True) as connection:
            for file in files:
                for statement in load_down(self.folder / "sql/down" / file):
                    connection.execute(statement.encode())

    def problems(self, connection: Connection, check: str) -> list[str]:
        """What a check finds, with the rights of the deployer and read-only as in production."""
        with connection.transaction(force_rollback=True):
            connection.execute("set local role postgres")
            connection.execute("set local transaction_read_only = on")
            cursor = connection.cursor(row_factory=dict_row)
            return [row["problem"] for row in cursor.execute(self.checks[check].query.encode())]

    def failing(self, connection: Connection, severity: str = "error") -> dict[str, list[str]]:
        """The checks of a severity that find something, and what."""
        asked = [name for name, check in self.checks.items() if check.severity == severity]
        return {name: found for name in asked if (found := self.problems(connection, name))}


OPTIO = Example(
    "optio",
    ("migrations", "row_level_security", "rename"),
    ("sample_quests.csv", "sample_tasks.csv"),
)
BEE = Example("bee-mvp", ("migrations",), ("flags_debug.csv",))


def load_down(path: Path) -> list[str]:
    """The statements of a file of `sql/down`."""
    from stackwright.sql.statements import split

    return [statement.text for statement in split(path.read_text())]


@contextmanager
def declared(server: Postgres, example: Example) -> Iterator[str]:
    """The address of an empty Supabase project after the example's first `up`."""
    with copy_of(server, "postgres") as dsn:
        example.migrate(dsn)
        example.fill(dsn)
        yield dsn


@contextmanager
def superuser(server: Postgres, dsn: str) -> Iterator[Connection]:
    """A connection of the superuser, who may break what belongs to others."""
    address = server.admin_dsn(dsn.rpartition("/")[2])
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("set search_path = public")
        yield connection


def is_refused(connection: Connection, statement: str, **values: Any) -> bool:
    """Whether a statement ends with an error or touches no row, which both refuse."""
    try:
        with connection.transaction():
            return connection.execute(statement.encode(), values).rowcount == 0
    except psycopg.errors.InsufficientPrivilege:
        return True
