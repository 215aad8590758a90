"""Edge functions: documents of kind `supabase.function`, their versions, and the bulk publication.

A deploy with `bundleOnly` leaves a document of kind `supabase.bundle` that a bulk update publishes
later; functions that a bulk update does not list stay as they are (so the vendor's own command line
tool relies on it: it leaves unchanged functions out).
https://supabase.com/docs/reference/api/v1-deploy-a-function
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackwright.sandbox.supabase import bundles, databases
from stackwright.sandbox.supabase.errors import InvalidError, NotFoundError, PlanLimitError
from stackwright.sandbox.world import World

KIND = "supabase.function"
STAGED = "supabase.bundle"
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
STATUSES = ("ACTIVE", "REMOVED", "THROTTLED")
MOST_FUNCTIONS = 100

_PUBLIC = (
    "id",
    "slug",
    "name",
    "status",
    "version",
    "created_at",
    "updated_at",
    "verify_jwt",
    "import_map",
    "entrypoint_path",
    "import_map_path",
    "ezbr_sha256",
)

Function = dict[str, Any]


def public(function: Function) -> dict[str, Any]:
    """The function as the vendor shows it."""
    return {name: function[name] for name in _PUBLIC if function.get(name) is not None}


def listing(world: World, ref: str) -> list[Function]:
    """All functions of a project, the oldest first."""
    return world.store.find(KIND, ref=ref)


def find(world: World, ref: str, slug: str) -> Function:
    """Return one function; raises the vendor's 404."""
    function = world.store.get(KIND, f"{ref}/{slug}")
    if function is None:
        raise NotFoundError("Function not found")
    return function


def home(world: World, ref: str, slug: str) -> Path:
    """Where the bundles of a function are kept."""
    return databases.folder(world, ref) / "functions" / slug


async def deploy(
    world: World,
    ref: str,
    slug: str,
    metadata: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    bundle_only: bool,
    bundler: bundles.Bundler,
) -> Function:
    """Bundle the files as the next version of `slug` and, unless `bundle_only`, publish it."""
    _check_slug(slug)
    entrypoint, map_path = _paths(metadata, files)
    _check_room(world, ref, {slug})
    bundle = await bundler.make(home(world, ref, slug), files, entrypoint, map_path)
    # Read after the bundling: another deploy may have been quicker, each gets a version of its own.
    version = _next(world, ref, slug, metadata, bundle, map_path)
    if bundle_only:
        key = f"{version['key']}/{version['version']}"
        world.store.put(STAGED, key, version | {"key": key})
        return version
    world.store.put(KIND, version["key"], version)
    return version


def publish(world: World, ref: str, body: Any) -> list[Function]:
    """Switch to the listed versions, all or none; returns every function of the project."""
    if not isinstance(body, list):
        raise InvalidError("Expected array")
    changed = [_published(world, ref, entry) for entry in body]
    _check_room(world, ref, {function["slug"] for function in changed})
    with world.store.transaction():
        for function in changed:
            world.store.put(KIND, function["key"], function)
            world.store.delete(STAGED, f"{function['key']}/{function['version']}")
    return listing(world, ref)


def change(world: World, ref: str, slug: str, body: Any) -> Function:
    """Change the name or the token check without another deploy."""
    function = find(world, ref, slug)
    if not isinstance(body, dict):
        raise InvalidError("Expected object")
    fields = {name: body[name] for name in ("name", "verify_jwt") if name in body}
    function |= fields | {"updated_at": _milliseconds(world)}
    world.store.put(KIND, function["key"], function)
    return function


def delete(world: World, ref: str, slug: str) -> None:
    """Delete a function and its files; raises the vendor's 404."""
    function = find(world, ref, slug)
    world.store.delete(KIND, function["key"])
    for staged in world.store.find(STAGED, ref=ref, slug=slug):
        world.store.delete(STAGED, staged["key"])
    shutil.rmtree(home(world, ref, slug), ignore_errors=True)


def bundle_of(world: World, function: Function) -> bundles.Bundle:
    """Return the files that a function runs from."""
    folder = home(world, function["ref"], function["slug"]) / function["ezbr_sha256"][:16]
    return bundles.Bundle(folder, function["ezbr_sha256"], function["entrypoint"])


def _next(
    world: World,
    ref: str,
    slug: str,
    metadata: Mapping[str, Any],
    bundle: bundles.Bundle,
    map_path: str | None,
) -> Function:
    """Return the document of the next version of a function."""
    now = _milliseconds(world)
    old = world.store.get(KIND, f"{ref}/{slug}") or _new(world, ref, slug, now)
    version = old["version"] + 1
    place = f"file:///tmp/user_fn_{ref}_{old['id']}_{version}/source"
    return old | {
        "name": metadata.get("name") or slug,
        "status": "ACTIVE",
        "version": version,
        "updated_at": now,
        "verify_jwt": metadata.get("verify_jwt", old["verify_jwt"]),
        "import_map": map_path is not None,
        "entrypoint_path": f"{place}/{bundle.entrypoint}",
        "import_map_path": f"{place}/{map_path}" if map_path else None,
        "ezbr_sha256": bundle.sha256,
        "entrypoint": bundle.entrypoint,
    }


def _new(world: World, ref: str, slug: str, now: int) -> Function:
    # An id given to a bundle must be that of the function which is published from it.
    staged = world.store.find(STAGED, ref=ref, slug=slug)
    return {
        "key": f"{ref}/{slug}",
        "ref": ref,
        "id": staged[0]["id"] if staged else world.ids.uuid(),
        "slug": slug,
        "version": 0,
        "created_at": now,
        "verify_jwt": True,
    }


def _published(world: World, ref: str, entry: Any) -> Function:
    """Return the document that a member of a bulk update asks for."""
    slug, version = _check_entry(entry)
    key = f"{ref}/{slug}"
    function = world.store.get(STAGED, f"{key}/{version}")
    if function is None:
        function = world.store.get(KIND, key)
        if function is None or function["version"] != version:
            raise InvalidError(f"No bundle of function {slug} has version {version}")
    if entry["id"] != function["id"]:
        raise InvalidError(f"Function {slug} has another id than {entry['id']}")
    fields = {name: entry[name] for name in ("name", "status", "verify_jwt") if name in entry}
    return function | fields | {"key": key, "updated_at": _milliseconds(world)}


def _check_entry(entry: Any) -> tuple[str, int]:
    if not isinstance(entry, dict):
        raise InvalidError("Expected object")
    for name in ("id", "slug", "name", "status", "version"):
        if name not in entry:
            raise InvalidError(f"{name}: Required")
    _check_slug(entry["slug"])
    if entry["status"] not in STATUSES:
        raise InvalidError(f"status must be one of the following values: {', '.join(STATUSES)}")
    if type(entry["version"]) is not int:
        raise InvalidError("version must be an integer number")
    return entry["slug"], entry["version"]


def _check_slug(slug: Any) -> None:
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        raise InvalidError("slug must match /^[A-Za-z][A-Za-z0-9_-]*$/ regular expression")


def _check_room(world: World, ref: str, slugs: set[str]) -> None:
    present = {function["slug"] for function in listing(world, ref)}
    if len(present | slugs) > MOST_FUNCTIONS:
        raise PlanLimitError("Maximum number of functions reached for Plan")


def _paths(metadata: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[str, str | None]:
    """Return entrypoint and import map of the metadata; both must be among the files."""
    entrypoint = metadata.get("entrypoint_path")
    if not isinstance(entrypoint, str) or not entrypoint:
        raise InvalidError("metadata.entrypoint_path: Required")
    entrypoint = bundles.relative_path(entrypoint)
    if entrypoint not in files:
        raise InvalidError(f"Entrypoint path does not exist: {entrypoint}")
    map_path = metadata.get("import_map_path") or None
    if map_path is not None:
        map_path = bundles.relative_path(map_path)
        if map_path not in files:
            raise InvalidError(f"Import map path does not exist: {map_path}")
    return entrypoint, map_path


def _milliseconds(world: World) -> int:
    return int(world.clock.now() * 1000)
