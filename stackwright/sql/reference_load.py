"""Brings a table to its reference data: previewed without a write, merged in one transaction.

The merge copies the file into a temporary table, updates what differs, inserts what is missing,
deletes only where the declaration says `prune`, and, where triggers, rules or policies could have
changed what was written, compares the table with the file again before it commits: what is
recorded as loaded was loaded. Readers never see the table empty.
`stackwright.reference_data` keeps checksum, row count, who and when.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
from psycopg import sql

from stackwright.sql.database import Database, ReadOnlyDatabase
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.limits import Limits
from stackwright.sql.record import Runner
from stackwright.sql.reference import Key, ReferenceData, as_json
from stackwright.sql.reference_sql import Statements

SAMPLES = 20
CHUNK = 20_000
COPY_BLOCK = 1 << 18
MOST_COUNTED = 10_000
"""Rows that a diff counts: a small table is counted, a large one only proved not to be empty."""

_CREATE = """
CREATE SCHEMA IF NOT EXISTS stackwright;
CREATE TABLE IF NOT EXISTS stackwright.reference_data (
    table_name text PRIMARY KEY,
    checksum text NOT NULL,
    rows bigint NOT NULL,
    git_sha text,
    applied_by text,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""
# See ledger.py for query_to_xml: neither table needs to exist.
_STATUS = """
SELECT to_regclass(%(table)s) IS NOT NULL AS table_exists,
    CASE WHEN to_regclass('stackwright.reference_data') IS NULL THEN NULL
    ELSE query_to_xml(format('SELECT row_to_json(r) AS rows FROM stackwright.reference_data r'
        ' WHERE table_name = %%L', %(table)s::text), false, true, '')::text END AS recorded,
    CASE WHEN to_regclass(%(table)s) IS NULL THEN NULL
    ELSE query_to_xml(format('SELECT count(*) AS rows FROM (SELECT FROM %%s LIMIT %%s) AS seen',
        to_regclass(%(table)s), %(most)s::int), false, true, '')::text END AS present"""


@dataclass(frozen=True)
class Status:
    """What the database says of a table: whether it is there, its rows (counted up to
    `MOST_COUNTED`), and what was last loaded."""

    table_exists: bool
    rows: int = 0
    checksum: str | None = None
    loaded_rows: int = 0

    def is_current(self, data: ReferenceData) -> bool:
        """Whether this very file was loaded and no row has gone since."""
        return self.checksum == data.checksum and self.rows >= min(self.loaded_rows, MOST_COUNTED)


@dataclass(frozen=True)
class Keys:
    """Some rows: how many, and the keys of the first of them."""

    count: int = 0
    samples: Sequence[Key] = ()

    def with_more(self, keys: Sequence[Key]) -> "Keys":
        """These and further rows."""
        samples = (*self.samples, *keys)[:SAMPLES]
        return Keys(self.count + len(keys), samples)

    def __str__(self) -> str:
        shown = ", ".join("/".join(key) for key in self.samples)
        return f"{self.count} ({shown}{', ...' if self.count > len(self.samples) else ''})"


@dataclass(frozen=True)
class Difference:
    """Between table and file. `kept`: differ or are unknown to the file, but are protected;
    `extra`: in the table only, left there; `removed`: in the table only, and deleted."""

    added: Keys = Keys()
    changed: Keys = Keys()
    kept: Keys = Keys()
    extra: Keys = Keys()
    removed: Keys = Keys()

    @property
    def is_empty(self) -> bool:
        """Whether a load would change nothing."""
        return not (self.added.count or self.changed.count or self.removed.count)

    def __str__(self) -> str:
        fields = ("added", "changed", "removed", "kept", "extra")
        parts = [f"{name} {keys}" for name in fields if (keys := getattr(self, name)).count]
        return "; ".join(parts) or "no difference"


async def status(database: ReadOnlyDatabase, data: ReferenceData) -> Status:
    """What is recorded and present of the data's table, in one round trip."""
    values = {"table": data.declaration.table, "most": MOST_COUNTED}
    [row] = await database.query(_STATUS, values)
    recorded = json.loads(_text(row["recorded"]) or "{}")
    return Status(
        row["table_exists"],
        int(_text(row["present"]) or 0),
        recorded.get("checksum"),
        recorded.get("rows", 0),
    )


async def difference(database: ReadOnlyDatabase, data: ReferenceData) -> Difference:
    """What a load would do, without writing; raises `BadReferenceData` for an unfit file."""
    names = Statements(data)
    found = Difference()
    try:
        for start in range(0, len(data.rows), CHUNK):
            chunk = json.dumps(as_json(data, data.rows[start : start + CHUNK]))
            rows = await database.query(names.compare.as_string(None), {"rows": chunk})
            found = _sorted_in(found, rows)
        strangers = await database.query(names.present.as_string(None))
    except psycopg.errors.Error as error:
        raise _unfit(data, error) from None
    known = data.keys
    others = [row for row in strangers if tuple(row["key"]) not in known]
    return _with_strangers(found, data, others)


async def load(
    database: Database, data: ReferenceData, runner: Runner, limits: Limits
) -> Difference:
    """Merge the file into its table and record it; the difference that was closed is returned.

    Raises `BadReferenceData`; the table is then as it was before.
    """
    names = Statements(data)
    connection = database.connection
    try:
        async with connection.transaction():
            for setting in limits.settings(database.server_version, local=True):
                await connection.execute(setting.encode())
            found = await _merge(database, data, names)
            await _record(database, data, names, runner)
    except psycopg.errors.Error as error:
        raise _unfit(data, error) from None
    return found


async def _merge(database: Database, data: ReferenceData, names: Statements) -> Difference:
    await _copy(database, data, names)
    connection = database.connection
    kept = Keys()
    if data.declaration.keep:
        rows = await (await connection.execute(names.protected)).fetchall()
        kept = Keys().with_more([tuple(row["key"]) for row in rows])
    found = await _write(database, names, kept)
    table = await _row(database, names.simple)
    if not table["simple"]:
        await _verify(database, data, names)
    if table["simple"] and table["present"] == len(data.rows):
        return found  # each row of the file is there: no other one can be
    strangers = await (await connection.execute(names.strangers)).fetchall()
    if data.declaration.prune:
        await connection.execute(names.prune)
    return _with_strangers(found, data, strangers)


async def _copy(database: Database, data: ReferenceData, names: Statements) -> None:
    """Fill the temporary table, whose rows then number and differ as those of the file."""
    connection = database.connection
    await connection.execute(names.lock)
    await connection.execute("SET LOCAL work_mem = '64MB'")
    await connection.execute(names.stage)
    async with connection.cursor() as cursor, cursor.copy(names.copy) as copy:
        for start in range(0, len(data.text), COPY_BLOCK):
            await copy.write(data.text[start : start + COPY_BLOCK])
    if (await _row(database, names.exact_keys))["exact"]:
        return
    keys = (await _row(database, names.distinct_keys))["keys"]
    if keys != len(data.rows):
        raise BadReferenceData(
            f"{data.declaration.table}: {len(data.rows)} rows of the file have only {keys} "
            "different keys in the types of the table (where 1 equals 01); nothing was changed"
        )


async def _row(database: Database, statement: sql.Composed) -> dict[str, Any]:
    return await (await database.connection.execute(statement)).fetchone() or {}


async def _write(database: Database, names: Statements, kept: Keys) -> Difference:
    connection = database.connection
    count = (await connection.execute(names.update)).rowcount
    changed, command = await _samples(database, names, count)
    count = (await connection.execute(names.insert)).rowcount
    added, _ = await _samples(database, names, count, command)
    return Difference(added, changed, kept)


async def _samples(
    database: Database, names: Statements, count: int, not_by: str = ""
) -> tuple[Keys, str]:
    """`count` rows were just written: some of their keys, and the number of the command."""
    if not count:
        return Keys(), not_by
    cursor = await database.connection.execute(names.written, {"not_by": not_by})
    rows = await cursor.fetchall()
    keys = tuple(sorted(tuple(row["key"]) for row in rows))
    return Keys(count, keys), rows[0]["command"] if rows else ""


async def _verify(database: Database, data: ReferenceData, names: Statements) -> None:
    unequal = (await _row(database, names.unequal))["unequal"]
    if unequal:
        raise BadReferenceData(
            f"{data.declaration.table}: after the load {unequal} rows differ from the file: a "
            "trigger or rule of the table changes them, or a policy hides them; nothing was "
            "changed"
        )


async def _record(
    database: Database, data: ReferenceData, names: Statements, runner: Runner
) -> None:
    await database.connection.execute(_CREATE)
    values = {
        "table": data.declaration.table,
        "checksum": data.checksum,
        "git_sha": runner.git_sha,
        "runner": runner.name,
    }
    await database.connection.execute(names.record, values)


def _sorted_in(found: Difference, rows: Sequence[dict[str, Any]]) -> Difference:
    added = [tuple(row["key"]) for row in rows if row["added"]]
    kept = [tuple(row["key"]) for row in rows if row["kept"] and not row["added"]]
    changed = [tuple(row["key"]) for row in rows if not row["kept"] and not row["added"]]
    return replace(
        found,
        added=found.added.with_more(added),
        kept=found.kept.with_more(kept),
        changed=found.changed.with_more(changed),
    )


def _with_strangers(
    found: Difference, data: ReferenceData, rows: Sequence[dict[str, Any]]
) -> Difference:
    kept = [tuple(row["key"]) for row in rows if row["kept"]]
    others = Keys().with_more([tuple(row["key"]) for row in rows if not row["kept"]])
    found = replace(found, kept=found.kept.with_more(kept))
    if data.declaration.prune:
        return replace(found, removed=others)
    return replace(found, extra=others)


def _unfit(data: ReferenceData, error: psycopg.Error) -> BadReferenceData:
    diag = error.diag
    said = diag.message_primary or " ".join(str(error).split())
    detail = f" ({diag.message_detail})" if diag.message_detail else ""
    place = f"; {diag.context.splitlines()[0]}" if diag.context else ""
    return BadReferenceData(f"{data.declaration.table}: {said}{detail}{place}; nothing was changed")


def _text(xml: str | None) -> str | None:
    if xml is None:
        return None
    # Our own query on our own connection, not a third party's document.
    found = ET.fromstring(xml).find(".//{*}rows")  # noqa: S314
    return found.text if found is not None else None
