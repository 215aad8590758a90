"""The names of the secrets and variables of a stack: whose they are, and what is missing.

Names only: Supabase tells digests and Render tells values, and neither leaves this module.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from stackwright.render import marks
from stackwright.stack import Resource, of_type
from stackwright.supabase.fence import is_fence
from stackwright.survey.site import Site

SECRETS, VARIABLES = "stackwright:supabase:Secrets", "stackwright:render:EnvVars"


class Standing(Enum):
    """What a name is to this stack."""

    MANAGED = "managed"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    PLATFORM = "platform"
    ABSENT = "absent"
    LOST = "lost"
    DROPPED = "dropped"


MEANS = {
    Standing.MANAGED: "declared, set by this stack",
    Standing.FOREIGN: "declared, but set by somebody else: taken over only with adopt",
    Standing.UNKNOWN: "not declared: kept",
    Standing.PLATFORM: "the platform's own",
    Standing.ABSENT: "declared, not set yet: the next up sets it",
    Standing.LOST: "MISSING: set by this stack once, and gone",
    Standing.DROPPED: "no longer declared: the next up removes it",
}


@dataclass(frozen=True)
class Name:
    """One name. `place`: `secrets of <ref>`, or `variables of <service>`."""

    place: str
    name: str
    standing: Standing


async def names(site: Site) -> list[Name]:
    """Every name that is there or declared, by place."""
    sets = [(one, site.service(one)) for one in of_type(site.declared, VARIABLES)]
    asked = [_variables(site, one, service) for one, service in sets if service is not None]
    parts = await asyncio.gather(_secrets(site), *asked)
    return [name for part in parts for name in part]


async def _secrets(site: Site) -> list[Name]:
    present = [n for n in await site.clients.supabase_reader.secrets(site.ref) if not is_fence(n)]
    declared = {n for one in of_type(site.declared, SECRETS) for n in one.inputs["values"]}
    managed = {n for one in of_type(site.resources, SECRETS) for n in one.outputs.get("names", [])}
    return list(_judged(f"secrets of {site.ref}", present, declared, managed))


async def _variables(site: Site, declared: Resource, service: Resource) -> list[Name]:
    there = await site.service_id(service)
    found = await site.clients.render_reader.env_vars(there) if there else {}
    present = [name for name in found if name not in marks.RESERVED]
    state = site.rolled_out(declared)
    managed = set(state.inputs["values"]) if state else set()
    place = f"variables of {service.inputs['name']}"
    return list(_judged(place, present, set(declared.inputs["values"]), managed))


def _judged(
    place: str, present: Collection[str], declared: Collection[str], managed: Collection[str]
) -> Iterable[Name]:
    for name in sorted({*present, *declared, *managed}):
        standing = _standing(name, name in present, name in declared, name in managed)
        if standing is not None:
            yield Name(place, name, standing)


def _standing(name: str, present: bool, declared: bool, managed: bool) -> Standing | None:
    if declared and managed:
        return Standing.MANAGED if present else Standing.LOST
    if declared:
        return Standing.FOREIGN if present else Standing.ABSENT
    if managed:
        return Standing.DROPPED if present else None
    return Standing.PLATFORM if name.startswith("SUPABASE_") else Standing.UNKNOWN
