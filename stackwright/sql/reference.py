"""Reference data: rows as CSV, and the rules that they satisfied before one reaches a database.

`<name>.csv` has a header of column names; an empty field is NULL. `<name>.yaml` beside it holds
the rules: see `reference_rules.py`. Only the text is kept: rows are read from it when they are
needed, so that millions of them fit.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ValidationError

from stackwright.sql.errors import BadReferenceData
from stackwright.sql.migration import decode
from stackwright.sql.reference_rules import Declaration, Key, problems, records

MOST_PROBLEMS = 10

Row = Sequence[str]


@dataclass(frozen=True)
class ReferenceData:
    """Valid data: `text` is the CSV with its header, `count` the number of its records."""

    declaration: Declaration
    columns: Sequence[str]
    text: str = field(repr=False)
    count: int
    checksum: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `path` (the CSV) and the YAML beside it; raises `BadReferenceData`."""
        rules = declared(path)
        return cls.of(path.name, rules, decode(path.name, _content(path)))

    @classmethod
    def of(cls, name: str, declaration: Declaration, text: str) -> Self:
        """The CSV `text`, called `name` in messages; raises `BadReferenceData`."""
        try:
            columns = header(name, text)
            count, found = problems(declaration, columns, text)
        except csv.Error:
            raise BadReferenceData(_syntax(name, text)) from None
        if found:
            raise BadReferenceData(_told(name, found))
        parts = f"{declaration.content}\0{text}"
        return cls(declaration, columns, text, count, hashlib.sha256(parts.encode()).hexdigest())

    @property
    def rows(self) -> Iterator[Row]:
        """The records, in order."""
        return records(self.text)

    @property
    def keyed(self) -> Iterator[tuple[Key, Row]]:
        """The records with their keys."""
        places = [self.columns.index(name) for name in self.declaration.key]
        return ((tuple([row[place] for place in places]), row) for row in self.rows)

    def batches(self, size: int, skip: int = 0) -> Iterator[tuple[int, str]]:
        """The records behind the first `skip` in CSVs of `size` records each, header included:
        how many records are done with each one, and its text."""
        source = io.StringIO(self.text)
        reader = csv.reader(source, strict=True)
        next(reader)
        head = self.text[: source.tell()]
        rows = filter(None, reader)
        done = _count(rows, skip)
        start = source.tell()
        while more := _count(rows, size):
            done += more
            end = source.tell()
            yield done, head + self.text[start:end]
            start = end


def declared(path: Path) -> Declaration:
    """The rules of the data file `path`, from the YAML beside it; raises `BadReferenceData`."""
    path = path.with_suffix(".yaml")
    try:
        return Declaration.model_validate(yaml.safe_load(_content(path)))
    except yaml.YAMLError as error:
        raise BadReferenceData(f"{path.name}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadReferenceData(f"{path.name}: {place}: {first['msg']}") from None


def header(name: str, text: str) -> list[str]:
    """The columns that the first line of a CSV names; raises `BadReferenceData`."""
    columns = next(csv.reader(io.StringIO(text), strict=True), None)
    if not columns:
        raise BadReferenceData(f"{name}: the first line must name the columns")
    return columns


def _count(rows: Iterator[Row], most: int) -> int:
    """How many rows come, up to `most`; they are passed."""
    return sum(1 for _ in islice(rows, most))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadReferenceData(f"{path}: {error.strerror}") from None


def _syntax(name: str, text: str) -> str:
    """Where a text stops to be CSV."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        return f"{name}:{reader.line_num}: {error}"
    return f"{name}: is no CSV"


def _told(name: str, found: Sequence[str]) -> str:
    shown = "; ".join(found[:MOST_PROBLEMS])
    more = len(found) - MOST_PROBLEMS
    return f"{name}: {shown}" + (f"; and {more} more" if more > 0 else "")


def as_json(columns: Sequence[str], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as JSON objects, empty fields as null, for `jsonb_populate_recordset`."""
    return [{name: value or None for name, value in zip(columns, row, strict=True)} for row in rows]
