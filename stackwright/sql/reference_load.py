"""Brings a table to its reference data and records that: what is recorded as loaded was loaded.

A load is one transaction: merge, prune where the declaration says so, record. Readers see the
table as it was, then as it is; never empty.

With `batch: N` in the rules it is preceded by transactions of N rows each, which do the writing;
each records how far it came, so that a run that was killed goes on behind the last one that was
committed. The last transaction is then the same merge of everything: it finds little to write,
and is what compares, prunes and records the load.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from stackwright.sql.database import Database
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.limits import Limits
from stackwright.sql.record import Runner
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_difference import Difference, unfit
from stackwright.sql.reference_merge import Merge, Tell
from stackwright.sql.reference_status import CREATE


def silent(news: str) -> None:
    """Nobody listens."""


async def at_once() -> None:
    """No pause between two batches."""


@dataclass(frozen=True)
class Listener:
    """`tell` hears what is being done; `pause` is awaited between two batches and may raise, to
    end the run there."""

    tell: Tell = silent
    pause: Callable[[], Awaitable[None]] = at_once


async def load(
    database: Database,
    data: ReferenceData,
    runner: Runner,
    limits: Limits,
    listener: Listener | None = None,
) -> Difference:
    """Merge the data into its table and record it; the difference that was closed is returned.

    Raises `BadReferenceData`; the table is then as it was before, but for whole batches.
    """
    run = _Load(database, data, runner, limits, listener or Listener())
    size = data.declaration.batch or data.count
    written = await run.batches(size) if size < data.count else Difference()
    return (await run.whole()).after(written)


@dataclass
class _Load:
    database: Database
    data: ReferenceData
    runner: Runner
    limits: Limits
    listener: Listener
    done: int = 0
    """How many rows are merged and committed."""

    @asynccontextmanager
    async def _transaction(self, *, batch: bool = False) -> AsyncIterator[Merge]:
        """A merge that is undone by whatever goes wrong in the block; the error says so."""
        merge = Merge(self.database, self.data, self.listener.tell)
        try:
            async with self.database.connection.transaction():
                await merge.begin(self.limits, batch=batch)
                yield merge
        except psycopg.errors.Error as error:
            raise BadReferenceData(f"{unfit(self.data, error)}; {self._remains}") from None
        except BadReferenceData as error:
            raise BadReferenceData(f"{error}; {self._remains}") from None

    @property
    def _remains(self) -> str:
        if not self.done:
            return "nothing was changed"
        return f"the {self.done} rows before it are merged and stay; the next run goes on there"

    async def batches(self, size: int) -> Difference:
        """Merge the rows batch by batch, as far as that was not done by a run before this one."""
        await self.database.connection.execute(CREATE)
        written, pieces = Difference(), self.data.batches(size)
        while self.done < self.data.count:
            await self.listener.pause()
            async with self._transaction(batch=True) as merge:
                committed = await self._committed(merge)
                if committed != self.done:
                    pieces = self.data.batches(size, committed)
                done, piece = next(pieces, (committed, ""))
                if piece:
                    await merge.stage(piece, done - committed)
                    written = (await merge.write(sampled=False)).after(written)
                    await self._execute(merge.names.advance, done=done)
            self.done = done
            self.listener.tell(f"{done} of {self.data.count} rows merged")
        return written

    async def _committed(self, merge: Merge) -> int:
        """How many rows are merged, by this run or by one of the same data before or beside it."""
        row = await merge.row(merge.names.under_way)
        if row and row["checksum"] == self.data.checksum:
            return int(row["done"])
        if self.done:
            raise BadReferenceData(
                f"{self.data.declaration.table}: another run finished or began a load meanwhile"
            )
        return 0

    async def whole(self) -> Difference:
        """Merge all rows in one transaction, prune, and record the load."""
        async with self._transaction() as merge:
            await merge.stage(self.data.text, self.data.count)
            kept = await merge.protected()
            found = replace(await merge.write(), kept=kept)
            found = await merge.finish(found)
            await self.database.connection.execute(CREATE)
            await self._execute(merge.names.record)
            await self._execute(merge.names.forget)
        return found

    async def _execute(self, statement: Any, **values: Any) -> None:
        known = {
            "checksum": self.data.checksum,
            "git_sha": self.runner.git_sha,
            "runner": self.runner.name,
        }
        await self.database.connection.execute(statement, {**known, **values})
