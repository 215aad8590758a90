"""What a database remembers of reference data, read in one round trip.

`stackwright.reference_data`: per table what was loaded last (checksum), how many rows the table
had then, who and when. `stackwright.reference_progress`: per table a load in batches that is not
done yet: of which content, and how many of its rows are merged.
"""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from stackwright.sql.database import ReadOnlyDatabase
from stackwright.sql.reference import ReferenceData

MOST_COUNTED = 10_000
"""Rows that a diff counts: a small table is counted, a large one only proved not to be empty."""

# Two loads at once would both find nothing there; IF NOT EXISTS is no protection against that.
CREATE = """
SELECT pg_advisory_xact_lock(hashtext('stackwright.reference_data'));
CREATE SCHEMA IF NOT EXISTS stackwright;
CREATE TABLE IF NOT EXISTS stackwright.reference_data (
    table_name text PRIMARY KEY,
    checksum text NOT NULL,
    rows bigint NOT NULL,
    git_sha text,
    applied_by text,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS stackwright.reference_progress (
    table_name text PRIMARY KEY,
    checksum text NOT NULL,
    done bigint NOT NULL,
    git_sha text,
    applied_by text,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""
# See ledger.py for query_to_xml: none of the tables needs to exist.
_STATUS = """
SELECT to_regclass(%(table)s) IS NOT NULL AS table_exists,
    CASE WHEN to_regclass('stackwright.reference_data') IS NULL THEN NULL
    ELSE query_to_xml(format('SELECT row_to_json(r) AS rows FROM stackwright.reference_data r'
        ' WHERE table_name = %%L', %(table)s::text), false, true, '')::text END AS recorded,
    CASE WHEN to_regclass('stackwright.reference_progress') IS NULL THEN NULL
    ELSE query_to_xml(format('SELECT row_to_json(r) AS rows FROM stackwright.reference_progress r'
        ' WHERE table_name = %%L', %(table)s::text), false, true, '')::text END AS under_way,
    CASE WHEN to_regclass(%(table)s) IS NULL THEN NULL
    ELSE query_to_xml(format('SELECT count(*) AS rows FROM (SELECT FROM %%s LIMIT %%s) AS seen',
        to_regclass(%(table)s), %(most)s::int), false, true, '')::text END AS present"""


@dataclass(frozen=True)
class Progress:
    """A load that is not done: `done` rows of the content with this checksum are merged."""

    checksum: str
    done: int

    def behind(self, data: ReferenceData) -> str:
        """What a person should know before the next run."""
        if self.checksum == data.checksum:
            return f"a load stopped behind {self.done} of {data.count} rows and goes on there"
        return (
            f"a load of another content stopped behind its row {self.done}; these rows are in "
            "the table, and this content is loaded over them from its beginning"
        )


@dataclass(frozen=True)
class Status:
    """What the database says of a table: whether it is there, its rows (counted up to
    `MOST_COUNTED`), what was last loaded, and what is under way."""

    table_exists: bool
    rows: int = 0
    checksum: str | None = None
    loaded_rows: int = 0
    progress: Progress | None = None

    @property
    def lost_rows(self) -> int:
        """How many rows are gone since the last load, as far as they were counted."""
        return max(0, min(self.loaded_rows, MOST_COUNTED) - self.rows)

    def is_current(self, data: ReferenceData) -> bool:
        """Whether this very content was loaded to its end and no row has gone since."""
        return self.checksum == data.checksum and not self.progress and not self.lost_rows


async def status(database: ReadOnlyDatabase, table: str) -> Status:
    """What is recorded and present of a table, in one round trip."""
    values = {"table": table, "most": MOST_COUNTED}
    [row] = await database.query(_STATUS, values)
    recorded = _object(row["recorded"])
    under_way = _object(row["under_way"])
    return Status(
        row["table_exists"],
        int(_text(row["present"]) or 0),
        recorded.get("checksum"),
        recorded.get("rows", 0),
        Progress(under_way["checksum"], under_way["done"]) if under_way else None,
    )


def _object(xml: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text(xml) or "{}")
    return found


def _text(xml: str | None) -> str | None:
    if not xml:  # no table, or none of its rows
        return None
    # Our own query on our own connection, not a third party's document.
    found = ET.fromstring(xml).find(".//{*}rows")  # noqa: S314
    return found.text if found is not None else None
