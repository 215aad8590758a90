"""What two stacks do not have in common, and which of it is meant to be so.

The intended differences are the product's: `stacks/differences.yaml` in its tree, a list of

    - what: "edge function debug-*"    # a subject as it is printed; * and ? as in a shell
      only_on: dev                     # optional: the one stack that has it
      why: debugging is for staging
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from stackwright.errors import UserInput
from stackwright.sql import drift
from stackwright.survey.snapshot import Rows, Snapshot, Thing

DECLARATION = Path("stacks/differences.yaml")
MOST_KEYS = 5


class Intended(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    why: str
    only_on: str | None = None


@dataclass(frozen=True)
class Difference:
    """`subject` is what differs, `only_on` the stack that alone has it, or None.

    `first`, `second`: what a person may read of it on either stack.
    """

    subject: str
    only_on: str | None = None
    first: str = ""
    second: str = ""


def load(path: Path = DECLARATION) -> list[Intended]:
    """The file; without one every difference is a finding. Raises `UserInput`."""
    if not path.is_file():
        return []
    try:
        content = yaml.safe_load(path.read_text()) or []
        return TypeAdapter(list[Intended]).validate_python(content)
    except yaml.YAMLError as error:
        raise UserInput(f"{path}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserInput(f"{path}: {place}: {first['msg']}") from None


def reason(difference: Difference, intended: Iterable[Intended]) -> str | None:
    """Why a difference is meant to be; None: nobody declared it."""
    for line in intended:
        alone = line.only_on is None or line.only_on == difference.only_on
        if alone and fnmatchcase(difference.subject, line.what):
            return line.why
    return None


def compare(first: Snapshot, second: Snapshot) -> list[Difference]:
    """Every difference: the database's objects, reference data, then all else."""
    return [*_objects(first, second), *_tables(first, second), *_things(first, second)]


def _objects(first: Snapshot, second: Snapshot) -> Iterator[Difference]:
    only = {drift.Change.EXTRA: first.stack, drift.Change.MISSING: second.stack}
    for found in drift.compare(first.objects, second.objects):
        yield Difference(found.subject, only.get(found.change), found.database, found.migrations)


def _things(first: Snapshot, second: Snapshot) -> Iterator[Difference]:
    for subject in sorted({*first.things, *second.things}):
        here, there = first.things.get(subject), second.things.get(subject)
        if here is None or there is None:
            if not (here or there or Thing()).aspect:
                yield _alone(subject, first.stack if here else second.stack, here, there)
        elif here.value != there.value:
            yield Difference(subject, None, here.shown, there.shown)


def _alone(subject: str, stack: str, here: Thing | None, there: Thing | None) -> Difference:
    return Difference(subject, stack, here.shown if here else "", there.shown if there else "")


def _tables(first: Snapshot, second: Snapshot) -> Iterator[Difference]:
    for table in sorted({*first.tables, *second.tables}):
        here, there = (one.tables.get(table, Rows({})) for one in (first, second))
        # What administrators entered on either stack is theirs: it makes no difference.
        kept = here.kept | there.kept
        keys = sorted((here.digests.keys() | there.digests.keys()) - kept)
        unlike = [key for key in keys if here.digests.get(key) != there.digests.get(key)]
        if unlike:
            shown = (_rows(unlike, rows) for rows in (here, there))
            yield Difference(f"rows of {table}", None, *shown)


def _rows(unlike: Sequence[str], rows: Rows) -> str:
    """`450 rows; without 212, 213; others than there: 214`."""
    absent = [key for key in unlike if key not in rows.digests]
    parts = [f"{len(rows.digests)} rows, {len(unlike)} unlike"]
    parts += [f"without {_some(absent)}"] if absent else []
    present = [key for key in unlike if key in rows.digests]
    parts += [f"with {_some(present)}"] if present else []
    return "; ".join(parts)


def _some(keys: Sequence[str]) -> str:
    more = len(keys) - MOST_KEYS
    return ", ".join(keys[:MOST_KEYS]) + (f" and {more} more" if more > 0 else "")
