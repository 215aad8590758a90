"""What the target has of the things that pending statements touch, in one round trip.

What is not there cannot be lost, and a table that is not there needs no lock; of a column its
present type tells whether a new one is narrower. Names without a schema are looked for on the
connection's own search path and in `public`; names behind a `SET search_path` in any schema.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from stackwright.sql.database import Readable, translated
from stackwright.sql.effect_rules import Effect, Thing
from stackwright.sql.narrowing import keeps, rewrites

_ASK = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(things)s::jsonb)
        AS t (id int, kind text, schema text, name text, part text)
), spaces AS (
    SELECT a.*, n.oid AS space FROM asked a JOIN pg_namespace n ON CASE
        WHEN a.schema LIKE '?%%' THEN n.nspname NOT LIKE 'pg\\_t%%'
        WHEN a.schema = 'public' THEN n.nspname = ANY (current_schemas(false) || name 'public')
        ELSE n.nspname = a.schema END
), relations AS (
    SELECT s.id, s.kind, s.part, c.oid, c.reltuples
    FROM spaces s JOIN pg_class c ON c.relnamespace = s.space AND c.relname = s.name
)
SELECT id, NULL::text AS type, reltuples::bigint AS rows FROM relations WHERE kind = 'relation'
UNION ALL SELECT r.id, format_type(a.atttypid, a.atttypmod), r.reltuples::bigint
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = r.part
    WHERE r.kind = 'column' AND NOT a.attisdropped
UNION ALL SELECT r.id, NULL, NULL FROM relations r
    JOIN pg_policy p ON p.polrelid = r.oid AND p.polname = r.part WHERE r.kind = 'policy'
UNION ALL SELECT r.id, NULL, NULL FROM relations r
    JOIN pg_trigger t ON t.tgrelid = r.oid AND t.tgname = r.part WHERE r.kind = 'trigger'
UNION ALL SELECT r.id, NULL, NULL FROM relations r
    JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename = r.part WHERE r.kind = 'rule'
UNION ALL SELECT s.id, NULL, NULL FROM spaces s
    JOIN pg_proc p ON p.pronamespace = s.space AND p.proname = s.name WHERE s.kind = 'function'
UNION ALL SELECT s.id, NULL, NULL FROM spaces s
    JOIN pg_type t ON t.typnamespace = s.space AND t.typname = s.name WHERE s.kind = 'type'
UNION ALL SELECT id, NULL, NULL FROM asked JOIN pg_namespace ON nspname = name
    WHERE kind = 'schema'
UNION ALL SELECT id, NULL, NULL FROM asked JOIN pg_extension ON extname = name
    WHERE kind = 'extension'
UNION ALL SELECT id, NULL, NULL FROM asked JOIN pg_roles ON rolname = name WHERE kind = 'role'
"""
_KNOWN = {"relation", "column", "policy", "trigger", "rule", "function", "type", "schema",
          "extension", "role"}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something that is there: a column's type, and about how many rows its table has."""

    type: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Presence:
    """What was asked for and is there; `fresh`: the database holds nothing of a product yet."""

    found: Mapping[Thing, Found] = field(default_factory=dict)
    fresh: bool = False

    def judge(self, effects: Sequence[Effect]) -> list[Effect]:
        """The effects that concern something that is there, with what is known of it."""
        return [self._told(effect) for effect in effects if self._concerns(effect)]

    def _concerns(self, effect: Effect) -> bool:
        if not effect.things:
            return not self.fresh
        return any(thing in self.found or thing.kind not in _KNOWN for thing in effect.things)

    def _told(self, effect: Effect) -> Effect:
        found = next((self.found[t] for t in effect.things if t in self.found), Found())
        if found.rows is not None and found.rows > 0:
            effect = replace(effect, rows=found.rows)
        if effect.columns and effect.things and not self._has_columns(effect):
            return replace(effect, destroys=False, note="fills only columns made here")
        if effect.action == "ALTER COLUMN TYPE" and effect.new_type and found.type:
            return _retyped(effect, found.type)
        return effect

    def _has_columns(self, effect: Effect) -> bool:
        return any(thing in self.found for thing in _columns(effect))


def _retyped(effect: Effect, old: str) -> Effect:
    change = f"{old} to {effect.new_type.removeprefix('pg_catalog.')}"
    safe = keeps(old, effect.new_type)
    note = change if safe else f"{change}: a narrower type loses data"
    rewritten = rewrites(old, effect.new_type)
    return replace(effect, destroys=not safe, rewrites=rewritten, note=note)


def _columns(effect: Effect) -> list[Thing]:
    return [
        replace(thing, kind="column", part=column)
        for thing in effect.things
        for column in effect.columns
    ]


async def look(database: Readable, effects: Sequence[Effect], *, fresh: bool) -> Presence:
    """Ask the database for all that the effects touch; nothing is asked for no effects."""
    things = list({t for e in effects for t in (*e.things, *_columns(e)) if t.kind in _KNOWN})
    if not things:
        return Presence(fresh=fresh)
    asked = json.dumps([asdict(thing) | {"id": at} for at, thing in enumerate(things)])
    with translated(f"cannot look at what is in {database.where}"):
        rows = await database.query(_ASK, {"things": asked})
    found = {things[row["id"]]: Found(row["type"], row["rows"]) for row in rows}
    return Presence(found, fresh)


def of_nothing(effects: Sequence[Effect]) -> Presence:
    """A project that is not there yet: only the platform's own schemas are."""
    platform = {t for e in effects for t in e.things if _schema(t) not in {"public", ""}}
    own = {t for t in platform if not _schema(t).startswith("?")}
    return Presence({thing: Found() for thing in own if _schema(thing) in _PLATFORM}, fresh=True)


_PLATFORM = {"auth", "storage", "extensions", "realtime", "vault", "graphql", "graphql_public",
             "cron", "net", "pgsodium", "supabase_functions", "supabase_migrations"}  # fmt: skip


def _schema(thing: Thing) -> str:
    return thing.name if thing.kind == "schema" else thing.schema
