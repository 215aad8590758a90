"""How much of everything a stack has, beside what the papers say and what the program declares.

The papers' figures are the product's: `stacks/documented.yaml` in its tree.

    tables:                          # optional: figures that count rows of the first that exists
      area codes: [public.enhanced_lerg, public.lerg_codes]
    start:                           # before the first `up`, by stack
      prod: {migrations: 19, tables: 2, functions: 6, users: 14, area codes: 440}
    end: {functions: 40}             # optional: of every stack after the rollout
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from psycopg import sql
from pydantic import BaseModel, ConfigDict, ValidationError

from stackwright.errors import UserInput
from stackwright.sql import ledger
from stackwright.sql.database import ReadOnlyDatabase, reading, translated
from stackwright.stack import of_type
from stackwright.survey.site import Site

PAPERS = Path("stacks/documented.yaml")

_COUNTS = """
SELECT (SELECT count(*) FROM pg_catalog.pg_class
        WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
        AND NOT relispartition AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::regclass
            AND objid = pg_class.oid AND deptype = 'e')) AS tables,
    (SELECT count(*) FROM auth.users) AS users"""
_EXISTS = "SELECT name FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t (name, place) \
WHERE to_regclass(name) IS NOT NULL ORDER BY place LIMIT 1"


class Papers(BaseModel):
    """The file; see the head of this module."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: Mapping[str, Sequence[str]] = {}
    start: Mapping[str, Mapping[str, int]] = {}
    end: Mapping[str, int] = {}

    @classmethod
    def load(cls, path: Path = PAPERS) -> Self:
        """Of a file; without one there is nothing to compare with. Raises `UserInput`."""
        if not path.is_file():
            return cls()
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except yaml.YAMLError as error:
            raise UserInput(f"{path}: {' '.join(str(error).split())}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UserInput(f"{path}: {place}: {first['msg']}") from None


@dataclass(frozen=True)
class Figure:
    """One line of the report; `start` and `end` as documented, `declared` by the program."""

    name: str
    now: int
    start: int | None = None
    end: int | None = None
    declared: int | None = None

    @property
    def differs(self) -> bool:
        """Whether it is not what the papers say of the start."""
        return self.start is not None and self.now != self.start


async def figures(site: Site, papers: Papers) -> list[Figure]:
    """The figures of a stack, in the order of the report. Reads only."""
    functions, counts = await asyncio.gather(
        site.clients.supabase_reader.functions(site.ref), _in_database(site, papers)
    )
    start = papers.start.get(site.name, {})
    declared = {"functions": _declared_functions(site)}
    found = {"migrations": 0, "tables": 0, "functions": len(functions), **counts}
    return [
        Figure(name, now, start.get(name), papers.end.get(name), declared.get(name))
        for name, now in found.items()
    ]


def _declared_functions(site: Site) -> int:
    groups = of_type(site.declared, "stackwright:supabase:Functions")
    return sum(len(group.inputs["functions"]) for group in groups)


async def _in_database(site: Site, papers: Papers) -> Mapping[str, int]:
    async with reading(await site.database()) as database:
        known = await ledger.read(database)
        with translated(f"cannot count what is in {database.where}"):
            [counts] = await database.query(_COUNTS)
            rows = {name: await _rows(database, of) for name, of in papers.tables.items()}
    return {"migrations": len(known.applied), **counts, **rows}


async def _rows(database: ReadOnlyDatabase, tables: Sequence[str]) -> int:
    """The rows of the first of these tables that exists; none exists: 0."""
    there: list[dict[str, Any]] = await database.query(_EXISTS, {"names": list(tables)})
    if not there:
        return 0
    name = sql.Identifier(*there[0]["name"].split(".")).as_string(None)
    [counted] = await database.query(f"SELECT count(*) AS rows FROM {name}")  # noqa: S608
    return int(counted["rows"])
