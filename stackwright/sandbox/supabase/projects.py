"""Projects: documents of kind `supabase.project`, their life and their keys.

A document has ref, number, name, organization_slug, region, created_at (Unix seconds), status,
db_password, jwt_secret, publishable_key, secret_key.
"""

import asyncio
import base64
import hashlib
import logging
import re
from datetime import UTC, datetime
from typing import Any

from stackwright.postgres import PostgresError
from stackwright.sandbox.ids import ALNUM
from stackwright.sandbox.supabase import databases, tokens
from stackwright.sandbox.supabase.errors import InvalidError, NotFoundError
from stackwright.sandbox.world import World

log = logging.getLogger(__name__)

KIND = "supabase.project"
REF = re.compile(r"[a-z]{20}")
HEALTHY = "ACTIVE_HEALTHY"

Project = dict[str, Any]


def organization_slug(world: World) -> str:
    """The slug of the sandbox's one organization; it contains the sandbox's id."""
    return f"sandbox{world.sandbox_id}"


def organization(world: World) -> dict[str, Any]:
    """The sandbox's one organization."""
    slug = organization_slug(world)
    return {"id": slug, "slug": slug, "name": "Sandbox"}


async def ensure_project(
    world: World,
    ref: str,
    *,
    name: str | None = None,
    region: str = "us-east-1",
) -> Project:
    """Return the project `ref` with a running database, made if there is none.

    Its database password is the one that the sandbox exports as SUPABASE_DB_PASSWORD.
    """
    project = world.store.get(KIND, ref)
    if project is None:
        password = world.credentials("supabase")["db_password"]
        project = add(world, name or ref, region, password, ref=ref)
    if project["status"] != HEALTHY:
        await bring_up(world, ref)
    return get(world, ref)


def add(
    world: World, name: str, region: str, db_password: str, *, ref: str | None = None
) -> Project:
    """Write a new project without a running database."""
    ref = ref or world.ids.letters(20)
    if not REF.fullmatch(ref):
        raise ValueError(f"{ref!r} is no project ref: it takes 20 small letters")
    project = {
        "ref": ref,
        "number": 700_000 + world.store.counter("supabase.project"),
        "name": name,
        "organization_slug": organization_slug(world),
        "region": region,
        "created_at": world.clock.now(),
        "status": "UNKNOWN",
        "db_password": db_password,
        "jwt_secret": world.ids.make("", 64, ALNUM),
        "publishable_key": world.ids.make("sb_publishable_", 31, ALNUM),
        "secret_key": world.ids.make("sb_secret_", 31, ALNUM),
    }
    world.store.put(KIND, ref, project)
    return project


async def bring_up(world: World, ref: str) -> None:
    """Start the project's database; the status tells how it went."""
    set_status(world, ref, "COMING_UP")
    try:
        await databases.start(world, get(world, ref))
    except (PostgresError, OSError) as error:
        log.error("the database of %s does not start: %s", ref, error)
        set_status(world, ref, "INIT_FAILED")
        return
    set_status(world, ref, HEALTHY)


async def remove(world: World, project: Project) -> None:
    """Delete a project with its database, secrets and functions."""
    ref = project["ref"]
    for kind in ("supabase.secret", "supabase.function", "supabase.bundle", "supabase.config"):
        for document in world.store.find(kind, ref=ref):
            world.store.delete(kind, document["key"])
    world.store.delete(KIND, ref)
    await databases.remove(world, ref)


async def change_password(world: World, project: Project, password: str) -> None:
    """Give the database's user another password."""
    server = databases.server(world, project)
    await asyncio.to_thread(server.set_password, password)
    change(world, project["ref"], db_password=password)


def get(world: World, ref: str) -> Project:
    """Return the project; raises the vendor's refusals for a wrong or unknown ref."""
    if len(ref) != 20:
        raise InvalidError("ref must be longer than or equal to 20 characters")
    if not REF.fullmatch(ref):
        raise InvalidError("ref must match /^[a-z]+$/ regular expression")
    project = world.store.get(KIND, ref)
    if project is None:
        raise NotFoundError("Project not found")
    return project


def change(world: World, ref: str, **fields: Any) -> Project:
    """Change fields of a project that still exists."""
    project = get(world, ref) | fields
    world.store.put(KIND, ref, project)
    return project


def set_status(world: World, ref: str, status: str) -> None:
    """Set the status; a project that was deleted meanwhile stays deleted."""
    if world.store.get(KIND, ref) is not None:
        change(world, ref, status=status)


def url(world: World, ref: str) -> str:
    """The base URL of the project behind the gateway."""
    return f"{world.urls['gateway']}/{ref}"


def anon_key(project: Project) -> str:
    """The public legacy key."""
    return tokens.legacy_key(project["ref"], "anon", project["jwt_secret"], project["created_at"])


def service_role_key(project: Project) -> str:
    """The secret legacy key, which row-level security does not stop."""
    return tokens.legacy_key(
        project["ref"], "service_role", project["jwt_secret"], project["created_at"]
    )


def api_keys(world: World, project: Project, *, reveal: bool) -> list[dict[str, Any]]:
    """All keys; the new secret key is masked unless `reveal`."""
    stamp = iso(project["created_at"])
    legacy = [("anon", anon_key(project)), ("service_role", service_role_key(project))]
    keys: list[dict[str, Any]] = [
        {
            "name": name,
            "api_key": key,
            "id": name,
            "type": "legacy",
            "hash": _hash(key),
            "prefix": _hash(key)[:5],
            "description": f"Legacy {name} API key",
        }
        for name, key in legacy
    ]
    for kind, template in (("publishable", None), ("secret", {"role": "service_role"})):
        key = project[f"{kind}_key"]
        hidden = kind == "secret" and not reveal
        keys.append(
            {
                "id": _uuid_of(key),
                "name": "default",
                "type": kind,
                "api_key": key[:15] + "·" * 26 if hidden else key,
                "description": None,
                "secret_jwt_template": template,
                "hash": _hash(key),
                "prefix": key[:15] if kind == "secret" else key[:20],
                "inserted_at": stamp,
                "updated_at": stamp,
            }
        )
    return keys


def iso(seconds: float) -> str:
    """A moment as the vendor writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _hash(key: str) -> str:
    digest = hashlib.sha256(key.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _uuid_of(key: str) -> str:
    digits = hashlib.sha256(key.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}-{digits[18:30]}"
