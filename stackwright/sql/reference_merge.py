"""One merge of rows into their table, inside the transaction of its caller.

The rows are copied into a temporary table; what differs is updated and what is missing inserted.
Where triggers, rules or policies could have changed what was written, the table is compared with
the rows again: what a caller commits was loaded.
"""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import sql

from stackwright.sql.database import Database
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.limits import Limits
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_difference import Difference, Keys
from stackwright.sql.reference_sql import Statements

COPY_BLOCK = 1 << 18

Tell = Callable[[str], None]


class Merge:
    """The steps of a merge, in the order in which they are taken: `begin`, `stage`, `write`,
    and, for the whole of the data, `finish`."""

    def __init__(self, database: Database, data: ReferenceData, tell: Tell) -> None:
        self._connection = database.connection
        self._version = database.server_version
        self._data = data
        self._tell = tell
        self.names = Statements(data)

    async def begin(self, limits: Limits, *, batch: bool = False) -> None:
        """Keep other writers away until the end of the transaction; readers go on.

        The few rows of a `batch` are looked up in the index of their key, if there is one: the
        planner would rather read the whole table, and that for each batch.
        """
        for setting in [*limits.settings(self._version, local=True), "SET LOCAL work_mem = '64MB'"]:
            await self._connection.execute(setting.encode())
        await self._connection.execute(self.names.lock)
        if batch and (await self.row(self.names.is_indexed))["indexed"]:
            for join in ("hashjoin", "mergejoin"):
                await self._connection.execute(f"SET LOCAL enable_{join} = off".encode())

    async def stage(self, text: str, count: int) -> None:
        """Fill the temporary table, whose rows then number and differ as those of the text."""
        await self._connection.execute(self.names.stage)
        async with self._connection.cursor() as cursor:
            async with cursor.copy(self.names.copy) as copy:
                for start in range(0, len(text), COPY_BLOCK):
                    await copy.write(text[start : start + COPY_BLOCK])
                    self._tell(f"{count * start // len(text)} of {count} rows sent")
            await self._refuse_fewer(count, cursor.rowcount)

    async def _refuse_fewer(self, count: int, copied: int) -> None:
        if copied != count:
            raise self._bad(f"of {count} rows the server read {copied}: is there a line of \\. ?")
        if await self._keys_are_exact():
            return
        keys = (await self.row(self.names.distinct_keys))["keys"]
        if keys != count:
            raise self._bad(
                f"{count} rows have only {keys} different keys in the types of the table (where "
                "1 equals 01)"
            )

    async def _keys_are_exact(self) -> bool:
        return bool((await self.row(self.names.exact_keys))["exact"])

    async def write(self, *, sampled: bool = True) -> Difference:
        """Update and insert; with the keys of some of these rows if they are `sampled`."""
        self._tell(f"merging {self._data.count} rows")
        by_bytes = await self._keys_are_exact()
        changed, command = await self._written(self.names.update, "", sampled=sampled)
        insert = self.names.insert(by_bytes=by_bytes)
        added, _ = await self._written(insert, command, sampled=sampled)
        if not await self._is_simple():
            await self._verify()
        return Difference(added, changed)

    async def _written(
        self, statement: sql.Composed, not_by: str, *, sampled: bool
    ) -> tuple[Keys, str]:
        """How many rows a statement wrote, some of their keys, and the number of the command."""
        count = (await self._connection.execute(statement)).rowcount
        if not count or not sampled:
            return Keys(count), not_by
        rows = await self.rows(self.names.written, not_by=not_by)
        keys = tuple(sorted(tuple(row["key"]) for row in rows))
        return Keys(count, keys), rows[0]["command"] if rows else ""

    async def _is_simple(self) -> bool:
        return bool((await self.row(self.names.simple))["simple"])

    async def _verify(self) -> None:
        unequal = (await self.row(self.names.unequal))["unequal"]
        if unequal:
            raise self._bad(
                f"after the load {unequal} rows differ from the file: a trigger or rule of the "
                "table changes them, or a policy hides them"
            )

    async def finish(self, found: Difference) -> Difference:
        """Delete what the data lacks, if that is declared; `found` with the other rows."""
        strangers: Sequence[dict[str, Any]] = ()
        if not await self._is_full():
            self._tell("looking for other rows")
            strangers = await self.rows(self.names.strangers)
        prune = self._data.declaration.prune
        if prune and strangers:
            await self._connection.execute(self.names.prune)
        return found.with_strangers(strangers, prune=prune)

    async def _is_full(self) -> bool:
        """Whether each row of the data is there and there can be no other one."""
        if not await self._is_simple():
            return False
        return bool((await self.row(self.names.count))["rows"] == self._data.count)

    async def protected(self) -> Keys:
        """The rows that differ and are not to be overwritten; asked before `write`."""
        if not self._data.declaration.keep:
            return Keys()
        return Keys().with_more([tuple(r["key"]) for r in await self.rows(self.names.protected)])

    async def row(self, statement: sql.Composed, **values: Any) -> dict[str, Any]:
        """The first row of an answer; empty for none."""
        return next(iter(await self.rows(statement, **values)), {})

    async def rows(self, statement: sql.Composed, **values: Any) -> list[dict[str, Any]]:
        """The rows of an answer."""
        return await (await self._connection.execute(statement, values or None)).fetchall()

    def _bad(self, text: str) -> BadReferenceData:
        return BadReferenceData(f"{self._data.declaration.table}: {text}")
