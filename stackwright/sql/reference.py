"""Reference data: a CSV file and what it must satisfy before a row of it reaches a database.

`<name>.csv` has a header of column names; an empty field is NULL. Beside it, `<name>.yaml`:

    table: public.enhanced_lerg      # schema and table
    key: npa                         # a column, or a list of columns, that names a row
    rows: 450                        # optional: how many rows the file must have
    columns:                         # optional rules of single columns
      npa: {pattern: "^[0-9]{3}$"}   #   a regular expression that the value must match
      category: {allowed: [us-domestic, canadian]}
      score: {min: 0, max: 100}      #   a number within bounds (either may be left out)
      name: {required: true}         #   never empty
    require:                         # optional: rows that must be there, with these values
      - {npa: "670", category: pacific}
    keep: {source: manual}           # optional: rows of the table that are never overwritten
    prune: false                     # optional: delete rows of the table that the file lacks

Every broken rule is reported at once, with the line of the file.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from stackwright.sql.errors import BadReferenceData
from stackwright.sql.migration import decode

MOST_PROBLEMS = 10

Key = tuple[str, ...]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ColumnRule(BaseModel):
    """What the values of a column must satisfy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: re.Pattern[str] | None = None
    allowed: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None
    required: bool = False

    def complaint(self, value: str) -> str | None:
        """Why a value is wrong, or none; an empty value is only wrong where one is required."""
        if not value:
            return "is empty" if self.required else None
        if self.pattern and not self.pattern.search(value):
            return f"does not match {self.pattern.pattern}"
        if self.allowed is not None and value not in self.allowed:
            return f"is not one of {', '.join(self.allowed)}"
        return self._out_of_bounds(value)

    def _out_of_bounds(self, value: str) -> str | None:
        if self.min is None and self.max is None:
            return None
        try:
            number = float(value)
        except ValueError:
            return "is not a number"
        low = self.min is not None and number < self.min
        high = self.max is not None and number > self.max
        return f"is not between {self.min} and {self.max}" if low or high else None


class Declaration(BaseModel):
    """The YAML file; see the head of this module."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Annotated[str, Field(pattern=r"^\w+\.\w+$")]
    key: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    rows: int | None = None
    columns: Mapping[str, ColumnRule] = {}
    require: tuple[Mapping[str, str], ...] = ()
    keep: Mapping[str, str] = {}
    prune: bool = False


@dataclass(frozen=True)
class ReferenceData:
    """A valid data file: `text` is the CSV with its header, `rows` its records in order."""

    declaration: Declaration
    columns: Sequence[str]
    text: str = field(repr=False)
    rows: Sequence[tuple[str, ...]] = field(repr=False)
    checksum: str = ""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `path` (the CSV) and the YAML beside it; raises `BadReferenceData`."""
        declaration = _declaration(path.with_suffix(".yaml"))
        text = decode(path.name, _content(path))
        columns, rows = _read(path.name, text)
        problems = list(_problems(declaration, columns, rows, text))
        if problems:
            raise BadReferenceData(_told(path.name, problems))
        return cls(declaration, columns, text, rows, _checksum(declaration, text))

    @property
    def keys(self) -> set[Key]:
        """The keys of all rows."""
        places = [self.columns.index(name) for name in self.declaration.key]
        return {tuple(row[place] for place in places) for row in self.rows}


Row = tuple[str, ...]
Record = tuple[int, Sequence[str]]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadReferenceData(f"{path}: {error.strerror}") from None


def _declaration(path: Path) -> Declaration:
    try:
        return Declaration.model_validate(yaml.safe_load(_content(path)))
    except yaml.YAMLError as error:
        raise BadReferenceData(f"{path.name}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadReferenceData(f"{path.name}: {place}: {first['msg']}") from None


def _read(file: str, text: str) -> tuple[Sequence[str], list[Row]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise BadReferenceData(f"{file}: the first line must name the columns")
        return header, [tuple(row) for row in reader if row]
    except csv.Error as error:
        raise BadReferenceData(f"{file}:{reader.line_num}: {error}") from None


def _numbered(text: str) -> Iterator[Record]:
    """The rows again, each with the line on which it ends."""
    reader = csv.reader(io.StringIO(text), strict=True)
    next(reader)
    return ((reader.line_num, row) for row in reader if row)


def _problems(
    declaration: Declaration, columns: Sequence[str], rows: Sequence[Row], text: str
) -> Iterator[str]:
    header = list(_header_problems(declaration, columns))
    yield from header
    if header:
        return
    if declaration.rows is not None and len(rows) != declaration.rows:
        yield f"it has {len(rows)} rows, and {declaration.rows} are declared"
    if not _surely_fine(declaration, columns, rows):
        yield from _row_problems(declaration, columns, _numbered(text))
    yield from _required_problems(declaration, columns, rows)


def _header_problems(declaration: Declaration, columns: Sequence[str]) -> Iterator[str]:
    yield from (f"column {name} stands twice in the header" for name in _twice(columns))
    named = {*declaration.key, *declaration.columns, *declaration.keep}
    named.update(name for row in declaration.require for name in row)
    for name in sorted(named - set(columns)):
        yield f"column {name} is declared but missing in the header"


def _surely_fine(declaration: Declaration, columns: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether rows of a large file need no look one by one: widths, keys and rules hold."""
    if set(map(len, rows)) - {len(columns)}:
        return False
    places = [columns.index(name) for name in declaration.key]
    key = itemgetter(*places)
    keys = set(map(key, rows))
    if len(keys) != len(rows) or any("" in each if len(places) > 1 else not each for each in keys):
        return False
    ruled = ((columns.index(name), rule) for name, rule in declaration.columns.items())
    return not any(
        rule.complaint(value) for at, rule in ruled for value in set(map(itemgetter(at), rows))
    )


def _row_problems(
    declaration: Declaration, columns: Sequence[str], records: Iterable[Record]
) -> Iterator[str]:
    places = [columns.index(name) for name in declaration.key]
    rules = [(columns.index(name), name, rule) for name, rule in declaration.columns.items()]
    lines: dict[Key, int] = {}
    for line, row in records:
        if len(row) != len(columns):
            yield f"line {line}: {len(row)} fields, and the header has {len(columns)}"
            continue
        key = tuple(row[place] for place in places)
        if "" in key:
            yield f"line {line}: a part of its key is empty"
        elif lines.setdefault(key, line) != line:
            yield f"line {line}: key {'/'.join(key)} is also on line {lines[key]}"
        for place, name, rule in rules:
            if complaint := rule.complaint(row[place]):
                yield f"line {line}: {name} {row[place]!r} {complaint}"


def _required_problems(
    declaration: Declaration, columns: Sequence[str], rows: Sequence[Row]
) -> Iterator[str]:
    if not declaration.require:
        return
    held = [dict(zip(columns, row, strict=False)) for row in rows]
    for wanted in declaration.require:
        if not any(wanted.items() <= row.items() for row in held):
            shown = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
            yield f"a row with {shown} is required and missing"


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _told(file: str, problems: Sequence[str]) -> str:
    shown = "; ".join(problems[:MOST_PROBLEMS])
    more = len(problems) - MOST_PROBLEMS
    return f"{file}: {shown}" + (f"; and {more} more" if more > 0 else "")


def _checksum(declaration: Declaration, text: str) -> str:
    parts = f"{declaration.model_dump_json()}\0{text}"
    return hashlib.sha256(parts.encode()).hexdigest()


def as_json(data: ReferenceData, rows: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Rows as JSON objects, empty fields as null, for `jsonb_populate_recordset`."""
    return [
        {name: value or None for name, value in zip(data.columns, row, strict=True)} for row in rows
    ]
