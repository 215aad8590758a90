"""A table of codes and its data file: what the tests of reference data share."""

import asyncio
from pathlib import Path

from stackwright.sql.database import reading, writing
from stackwright.sql.limits import Limits
from stackwright.sql.reference import ReferenceData
from stackwright.sql.reference_difference import Difference, difference
from stackwright.sql.reference_load import Listener, load
from stackwright.sql.reference_status import Status, status
from tests.sandbox.sql.helpers import RUNNER, rows

HEAD = "table: public.codes\nkey: code\nkeep: {source: manual}\n"
TABLE = """create table codes (id serial primary key, code text not null unique, score int,
source text not null default 'file' check (source <> 'bad'), active boolean)"""
LOGGED = """create table written (code text);
create function note() returns trigger language plpgsql as
    $$ begin insert into written values (new.code); return null; end $$;
create trigger note after insert or update on codes for each row execute function note()"""


def declared(folder: Path, records: str, yaml: str = HEAD) -> ReferenceData:
    """The data file with these records, written and read."""
    (folder / "codes.csv").write_text("code,score,source,active\n" + records)
    (folder / "codes.yaml").write_text(yaml)
    return ReferenceData.load(folder / "codes.csv")


def loaded(dsn: str, data: ReferenceData, listener: Listener | None = None) -> Difference:
    """A load, as a run of its own."""

    async def once() -> Difference:
        async with writing(dsn) as database:
            return await load(database, data, RUNNER, Limits(), listener)

    return asyncio.run(once())


def previewed(dsn: str, data: ReferenceData) -> Difference:
    """What a preview finds."""

    async def once() -> Difference:
        async with reading(dsn) as database:
            return await difference(database, data)

    return asyncio.run(once())


def state(dsn: str, data: ReferenceData) -> Status:
    """What a diff reads."""

    async def once() -> Status:
        async with reading(dsn) as database:
            return await status(database, data.declaration.table)

    return asyncio.run(once())


def contents(dsn: str) -> list[tuple[object, ...]]:
    return rows(dsn, "select code, score, source, active from codes order by code")
