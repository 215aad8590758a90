"""A table written as its declared data file: the rows as they are, the columns of the file.

A row that the rules keep is somebody's own: it is left out, and where it stands in for a row of
the file, the file's row stays. The file is replaced at once or not at all.
"""

import csv
import io
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stackwright.sql import reference_source
from stackwright.sql.database import ReadOnlyDatabase
from stackwright.sql.errors import BadReferenceData
from stackwright.sql.migration import decode
from stackwright.sql.reference import ReferenceData, declared, header
from stackwright.sql.reference_difference import Difference, Keys
from stackwright.sql.reference_rules import Declaration, Key, records

Rows = dict[Key, dict[str, str]]


@dataclass(frozen=True)
class Export:
    """The text of a table, what of it differs from the file that is there (`before`; none: there
    is no file), and what its rules say of it."""

    table: str
    count: int
    difference: Difference
    complaint: str
    text: str = field(repr=False)
    before: str | None = field(repr=False)

    @property
    def is_current(self) -> bool:
        """Whether the file is what would be written."""
        return self.text == self.before

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.table}: {self.count} rows, and there is no file yet"
        told = str(self.difference)
        if self.difference.is_empty and not self.is_current:
            told = f"{told} but in the order or spelling of rows"
        return f"{self.table}: {self.count} rows; {told}"


async def read(
    database: ReadOnlyDatabase, rules: Path, target: Path, *, protected: bool = False
) -> Export:
    """The declared table beside the file `target`; `rules` is the declared file or its YAML.

    The columns are those of the declared file, or, where there is none, all that the rules do not
    exclude. Raises `BadReferenceData`.
    """
    declaration = declared(rules)
    file = _text(rules.with_suffix(".csv"))
    columns = header(rules.name, file) if file is not None else []
    text = await reference_source.read(database, declaration, columns=columns, protected=True)
    found = _by_key(declaration, text)
    new = found if protected else _declared(declaration, found, _by_key(declaration, file))
    text = _written(header(declaration.table, text), new)
    before = _text(target)
    difference = _compared(_by_key(declaration, before), new, found)
    complaint = _complaint(target.name, declaration, text)
    return Export(declaration.table, len(new), difference, complaint, text, before)


def write(target: Path, text: str) -> None:
    """Replace the file, whatever happens: the old text or the new one, never a part."""
    with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, newline="") as draft:
        try:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o644)
            if target.exists():
                shutil.copymode(target, draft.name)
            Path(draft.name).replace(target)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _text(path: Path) -> str | None:
    return decode(path.name, path.read_bytes()) if path.exists() else None


def _by_key(declaration: Declaration, text: str | None) -> Rows:
    """The records by key; a file that is no data file any more is one without rows."""
    columns = header("", text) if text else []
    found: Rows = {}
    if text and set(declaration.key) <= set(columns):
        with suppress(csv.Error):
            for record in records(text):
                row = dict(zip(columns, record, strict=False))
                found[tuple(row.get(name, "") for name in declaration.key)] = row
    return found


def _declared(declaration: Declaration, found: Rows, file: Rows) -> Rows:
    """What is found, with the file's row, if it has one, in place of a protected one."""
    if not declaration.keep:
        return found
    kept = {key for key, row in found.items() if declaration.keep.items() <= row.items()}
    chosen = ((key, file.get(key) if key in kept else row) for key, row in found.items())
    return {key: row for key, row in chosen if row is not None}


def _written(columns: list[str], rows: Rows) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows.values())
    return target.getvalue()


def _compared(old: Rows, new: Rows, found: Rows) -> Difference:
    return Difference(
        added=Keys().with_more([key for key in new if key not in old]),
        changed=Keys().with_more([key for key in new if key in old and new[key] != old[key]]),
        removed=Keys().with_more([key for key in old if key not in new]),
        kept=Keys().with_more([key for key in found if new.get(key) is not found[key]]),
    )


def _complaint(name: str, declaration: Declaration, text: str) -> str:
    """What the rules beside the file refuse in it; empty for nothing."""
    try:
        ReferenceData.of(name, declaration, text)
    except BadReferenceData as error:
        return str(error)
    return ""
