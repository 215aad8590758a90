"""One stack as it can be compared with another: every thing by a name that both would give it.

A value says whether two things are alike. Secrets and variables are only digests here, so a
snapshot holds no secret. Things that each stack has of its own (its ref, its users) are things too:
which of them may differ is for the product to declare.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from stackwright.render import marks
from stackwright.sql import catalogue, ledger
from stackwright.sql.catalogue import Object
from stackwright.sql.database import ReadOnlyDatabase, reading, translated
from stackwright.sql.ledger import Ledger
from stackwright.sql.reference import ReferenceData
from stackwright.stack import of_type
from stackwright.supabase.fence import is_fence
from stackwright.survey.site import Site

REFERENCE_DATA = "stackwright:sql:ReferenceData"
_USERS = "SELECT count(*) AS users FROM auth.users"


@dataclass(frozen=True)
class Thing:
    """`value` decides whether two are alike; `shown` is what a person may read of it.

    `aspect`: of a thing that has a subject of its own; compared only where both stacks have it.
    """

    value: str = ""
    shown: str = ""
    aspect: bool = False


@dataclass(frozen=True)
class Rows:
    """A reference table: digests of its rows by key; the keys of the kept ones."""

    digests: Mapping[str, str]
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Snapshot:
    """`objects` of the database, `tables` of reference data by name, all else by subject."""

    stack: str
    objects: Sequence[Object] = ()
    things: Mapping[str, Thing] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)


async def take(site: Site, database: str) -> Snapshot:
    """Read everything of one stack, side by side."""
    held, functions, secrets, variables, webhooks, projects = await asyncio.gather(
        _database(site, database),
        _functions(site),
        _secrets(site),
        _variables(site),
        _webhooks(site),
        _project(site),
    )
    objects, tables, counted = held
    things = {**projects, **counted, **functions, **secrets, **variables, **webhooks}
    return Snapshot(site.name, objects, things, tables)


Things = dict[str, Thing]


async def _project(site: Site) -> Things:
    found = await site.clients.supabase_reader.project(site.ref) or {}
    region = str(found.get("region"))
    return {"project ref": Thing(site.ref, site.ref), "project region": Thing(region, region)}


async def _functions(site: Site) -> Things:
    """The platform's list; what was deployed cannot be read back, so the hash is the state's."""
    groups = of_type(site.resources, "stackwright:supabase:Functions")
    hashes = {slug: f["hash"] for group in groups for slug, f in group.inputs["functions"].items()}
    found = await site.clients.supabase_reader.functions(site.ref)
    return {
        f"edge function {slug}": _function(one, hashes.get(slug)) for slug, one in found.items()
    }


def _function(found: Mapping[str, Any], known: str | None) -> Thing:
    jwt = f"verify_jwt {'on' if found['verify_jwt'] else 'off'}"
    sources = f"sources {known[:12]}" if known else "sources of somebody else"
    return Thing(f"{jwt}, {known}", f"{jwt}, {sources}")


async def _secrets(site: Site) -> Things:
    found = await site.clients.supabase_reader.secrets(site.ref)
    return _named("secret", {name: value for name, value in found.items() if not is_fence(name)})


async def _variables(site: Site) -> Things:
    things: Things = {}
    for declared in of_type(site.declared, "stackwright:render:EnvVars"):
        service = site.service(declared)
        there = await site.service_id(service) if service else None
        if service and there:
            found = await site.clients.render_reader.env_vars(there)
            digests = {n: _digest(v) for n, v in found.items() if n not in marks.RESERVED}
            things |= _named("variable", digests, f" of {service.name}")
    return things


def _named(kind: str, digests: Mapping[str, str], place: str = "") -> Things:
    """A name and its value differ each by themselves: another value is no missing name."""
    things: Things = {}
    for name, digest in digests.items():
        things[f"{kind} {name}{place}"] = Thing()
        things[f"value of {kind} {name}{place}"] = Thing(digest, aspect=True)
    return things


async def _webhooks(site: Site) -> Things:
    """Stripe's endpoints at this project; each by its path."""
    base = site.settings.project_url(site.ref)
    found = await site.clients.stripe_reader.webhook_endpoints()
    ours = {
        one["url"].removeprefix(base): one for one in found if one["url"].startswith(f"{base}/")
    }
    return {name: thing for path, one in ours.items() for name, thing in _webhook(path, one)}


def _webhook(path: str, found: Mapping[str, Any]) -> Iterator[tuple[str, Thing]]:
    name = f"webhook {path}"
    yield name, Thing()
    events = ", ".join(sorted(found["enabled_events"]))
    told = {"events": events, "API version": found["api_version"], "status": found["status"]}
    for aspect, value in told.items():
        yield f"{aspect} of {name}", Thing(str(value), str(value), aspect=True)


async def _database(site: Site, dsn: str) -> tuple[list[Object], dict[str, Rows], Things]:
    files = [one.inputs["file"] for one in of_type(site.resources, REFERENCE_DATA)]
    async with reading(dsn) as database:
        objects = await catalogue.read(database)
        known = await ledger.read(database)
        with translated(f"cannot read {database.where}"):
            [counted] = await database.query(_USERS)
            tables = dict([await _reference(database, site.folder / file) for file in files])
        major = f"PostgreSQL {database.server_version // 10000}"
    users = str(counted["users"])
    counts = {"database version": Thing(major, major), "number of users": Thing(users, users)}
    return objects, tables, counts | _migrations(known)


def _migrations(known: Ledger) -> Things:
    """Those that stackwright applied: the history before it is each stack's own."""
    ours = {v: detail for v, detail in known.details.items() if v in known.applied}
    return {
        f"migration {version} {one.name}": Thing(one.checksum, f"sha256 {one.checksum[:12]}")
        for version, one in ours.items()
    }


async def _reference(database: ReadOnlyDatabase, file: Path) -> tuple[str, Rows]:
    data = ReferenceData.load(file)
    table, rules = data.declaration.table, data.declaration
    rows = await database.query(_rows(table, data.columns, rules.key, rules.keep))
    kept = frozenset(row["key"] for row in rows if row["kept"])
    return table, Rows({row["key"]: row["digest"] for row in rows}, kept)


def _rows(table: str, columns: Sequence[str], key: Sequence[str], keep: Mapping[str, str]) -> str:
    """One row a line: its key, a digest of the declared columns, whether it is kept."""
    kept = [
        sql.SQL("{}::text = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in keep.items()
    ]
    texts = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns]
    keys = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in key]
    return (
        sql.SQL(
            "SELECT concat_ws('/', {}) AS key, md5(ROW({})::text) AS digest, {} AS kept FROM {}"
        )
        .format(
            sql.SQL(", ").join(keys),
            sql.SQL(", ").join(texts),
            sql.SQL(" AND ").join(kept) if kept else sql.SQL("false"),
            sql.Identifier(*table.split(".")),
        )
        .as_string(None)
    )


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
