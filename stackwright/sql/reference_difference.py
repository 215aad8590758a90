"""What a load of reference data would do, found without a write, and how it is told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import psycopg

from stackwright.sql.database import ReadOnlyDatabase
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.reference import ReferenceData, as_json
from stackwright.sql.reference_rules import Key
from stackwright.sql.reference_sql import Statements

SAMPLES = 20
CHUNK = 20_000


@dataclass(frozen=True)
class Keys:
    """Some rows: how many, and the keys of the first of them."""

    count: int = 0
    samples: Sequence[Key] = ()

    def with_more(self, keys: Sequence[Key]) -> "Keys":
        """These and further rows."""
        return self + Keys(len(keys), tuple(keys))

    def __add__(self, other: "Keys") -> "Keys":
        samples = (*self.samples, *other.samples)[:SAMPLES]
        return Keys(self.count + other.count, samples)

    def __str__(self) -> str:
        if not self.samples:
            return str(self.count)
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

    def after(self, batches: "Difference") -> "Difference":
        """This one, of the last step, with what the batches before it wrote."""
        added, changed = batches.added + self.added, batches.changed + self.changed
        return replace(self, added=added, changed=changed)

    def with_strangers(self, rows: Sequence[dict[str, Any]], *, prune: bool) -> "Difference":
        """With rows that only the table has: `key`, and `kept` for protected ones."""
        kept = [tuple(row["key"]) for row in rows if row["kept"]]
        others = Keys().with_more([tuple(row["key"]) for row in rows if not row["kept"]])
        found = replace(self, kept=self.kept.with_more(kept))
        return replace(found, removed=others) if prune else replace(found, extra=others)

    def __str__(self) -> str:
        fields = ("added", "changed", "removed", "kept", "extra")
        parts = [f"{name} {keys}" for name in fields if (keys := getattr(self, name)).count]
        return "; ".join(parts) or "no difference"


async def difference(database: ReadOnlyDatabase, data: ReferenceData) -> Difference:
    """What a load would do; raises `BadReferenceData` for unfit data."""
    names = Statements(data)
    found = Difference()
    rows = data.rows
    try:
        while chunk := list(islice(rows, CHUNK)):
            values = {"rows": json.dumps(as_json(data.columns, chunk))}
            found = _sorted_in(found, await database.query(names.compare.as_string(None), values))
        others = await _strangers(database, data, names, data.count - found.added.count)
    except psycopg.errors.Error as error:
        raise BadReferenceData(f"{unfit(data, error)}; nothing was changed") from None
    return found.with_strangers(others, prune=data.declaration.prune)


async def _strangers(
    database: ReadOnlyDatabase, data: ReferenceData, names: Statements, common: int
) -> list[dict[str, Any]]:
    """Rows that only the table has; there are none where it has no more than are `common`."""
    [table] = await database.query(names.count.as_string(None))
    if table["rows"] == common:
        return []
    known = {key for key, _ in data.keyed}
    present = await database.query(names.present.as_string(None))
    return [row for row in present if tuple(row["key"]) not in known]


def unfit(data: ReferenceData, error: psycopg.Error) -> str:
    """What the server says of data that its table does not take."""
    diag = error.diag
    said = diag.message_primary or " ".join(str(error).split())
    detail = f" ({diag.message_detail})" if diag.message_detail else ""
    place = f"; {diag.context.splitlines()[0]}" if diag.context else ""
    return f"{data.declaration.table}: {said}{detail}{place}"


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
