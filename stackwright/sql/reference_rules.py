"""What a file of reference data must satisfy, as `<name>.yaml` declares it:

    table: public.enhanced_lerg      # schema and table
    key: npa                         # a column, or a list of columns, that names a row
    rows: 450                        # optional: how many rows there must be
    columns:                         # optional rules of single columns
      npa: {pattern: "^[0-9]{3}$"}   #   a regular expression that the value must match
      category: {allowed: [us-domestic, canadian]}
      score: {min: 0, max: 100}      #   a number within bounds (either may be left out)
      name: {required: true}         #   never empty
    require:                         # optional: rows that must be there, with these values
      - {npa: "670", category: pacific}
    keep: {source: manual}           # optional: rows of the table that are never overwritten
    prune: false                     # optional: delete rows of the table that the file lacks
    exclude: [id, created_at]        # optional: columns that each database fills by itself
    batch: 50000                     # optional: commit after so many rows, resume behind them

Every broken rule is reported at once, with the line of the file.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SURVEYED = 500
"""Rows that are looked at together: few enough that the garbage collector leaves them alone."""

Key = tuple[str, ...]
Record = tuple[int, Sequence[str]]


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
    exclude: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    batch: Annotated[int | None, Field(ge=1)] = None

    @property
    def content(self) -> str:
        """The rules as a checksum sees them: how a load is carried out is not among them."""
        return self.model_dump_json(exclude={"exclude", "batch"})


def records(text: str) -> Iterator[list[str]]:
    """The records of a CSV behind its header; `csv.Error` for what is none."""
    reader = csv.reader(io.StringIO(text), strict=True)
    next(reader)
    return filter(None, reader)


def problems(
    declaration: Declaration, columns: Sequence[str], text: str
) -> tuple[int, Sequence[str]]:
    """How many records the CSV `text` has, and which rules they break."""
    if header := list(_header_problems(declaration, columns)):
        return 0, header
    survey = _Survey(declaration, columns)
    survey.read(text)
    found = []
    if declaration.rows is not None and survey.count != declaration.rows:
        found.append(f"it has {survey.count} rows, and {declaration.rows} are declared")
    if not survey.fine:
        found.extend(_row_problems(declaration, columns, _numbered(text)))
    return survey.count, [*found, *survey.missing]


class _Survey:
    """One quick pass over all rows: how many, whether a look one by one is needed, and which
    required rows were not seen. Rows are not kept, so that millions of them fit."""

    def __init__(self, declaration: Declaration, columns: Sequence[str]) -> None:
        self.count = 0
        self.fine = True
        self._width = len(columns)
        self._parts = [itemgetter(columns.index(name)) for name in declaration.key]
        self._key = itemgetter(*(columns.index(name) for name in declaration.key))
        self._keys: set[object] = set()
        self._rules = [
            (itemgetter(columns.index(name)), rule) for name, rule in declaration.columns.items()
        ]
        self._wanted = [
            (wanted, itemgetter(*map(columns.index, wanted)), _values(wanted))
            for wanted in declaration.require
        ]

    @property
    def missing(self) -> list[str]:
        """What is wrong with the rows that must be there."""
        return [
            "a row with "
            + ", ".join(f"{name} {value!r}" for name, value in wanted.items())
            + " is required and missing"
            for wanted, _, _ in self._wanted
        ]

    def read(self, text: str) -> None:
        rows = records(text)
        while block := list(islice(rows, SURVEYED)):
            self.count += len(block)
            whole = set(map(len, block)) == {self._width}
            self.fine = self.fine and whole and self._holds(block)
            if whole:
                self._wanted = [w for w in self._wanted if w[2] not in map(w[1], block)]
        self.fine = self.fine and len(self._keys) == self.count

    def _holds(self, block: Sequence[Sequence[str]]) -> bool:
        self._keys.update(map(self._key, block))
        if any("" in map(part, block) for part in self._parts):
            return False
        return not any(
            rule.complaint(value) for at, rule in self._rules for value in set(map(at, block))
        )


def _values(wanted: Mapping[str, str]) -> object:
    """As `itemgetter` gives them: one value bare, several as a tuple."""
    values = tuple(wanted.values())
    return values if len(values) > 1 else values[0]


def _header_problems(declaration: Declaration, columns: Sequence[str]) -> Iterator[str]:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    yield from (f"column {name} stands twice in the header" for name in twice)
    yield from (
        f"column {n} is excluded and in the header" for n in declaration.exclude if n in columns
    )
    named = {*declaration.key, *declaration.columns, *declaration.keep}
    named.update(name for row in declaration.require for name in row)
    for name in sorted(named - set(columns)):
        yield f"column {name} is declared but missing in the header"


def _numbered(text: str) -> Iterator[Record]:
    """The rows again, each with the line on which it ends."""
    reader = csv.reader(io.StringIO(text), strict=True)
    next(reader)
    return ((reader.line_num, row) for row in reader if row)


def _row_problems(
    declaration: Declaration, columns: Sequence[str], numbered: Iterable[Record]
) -> Iterator[str]:
    places = [columns.index(name) for name in declaration.key]
    rules = [(columns.index(name), name, rule) for name, rule in declaration.columns.items()]
    lines: dict[Key, int] = {}
    for line, row in numbered:
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
