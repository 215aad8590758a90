"""Secrets of a project's functions: documents of kind `supabase.secret`, upserted in bulk.

Limits as published: https://supabase.com/docs/guides/functions/secrets and the OpenAPI document.
"""

import hashlib
from typing import Any

from stackwright.sandbox.supabase.errors import InvalidError
from stackwright.sandbox.supabase.projects import iso
from stackwright.sandbox.world import World

KIND = "supabase.secret"
MOST_SECRETS = 100
LONGEST_NAME = 256
LONGEST_VALUE = 24_576
RESERVED = "SUPABASE_"


def listing(world: World, ref: str) -> list[dict[str, Any]]:
    """Names with digests: no value ever leaves the vendor again."""
    return [
        {
            "name": secret["name"],
            "value": hashlib.sha256(secret["value"].encode()).hexdigest(),
            "updated_at": iso(secret["updated_at"]),
        }
        for secret in sorted(world.store.find(KIND, ref=ref), key=lambda secret: secret["name"])
    ]


def values(world: World, ref: str) -> dict[str, str]:
    """What the functions get in their environment."""
    return {secret["name"]: secret["value"] for secret in world.store.find(KIND, ref=ref)}


def upsert(world: World, ref: str, body: Any) -> None:
    """Set every secret of a list `[{name, value}]`, or none when one is refused."""
    if not isinstance(body, list):
        raise InvalidError("Expected array, received " + _kind_of(body))
    for index, entry in enumerate(body):
        _check(index, entry)
    present = values(world, ref).keys() | {entry["name"] for entry in body}
    if len(present) > MOST_SECRETS:
        raise InvalidError(f"Maximum number of secrets reached: {MOST_SECRETS} per project")
    with world.store.transaction():
        for entry in body:
            _put(world, ref, entry["name"], entry["value"])


def delete(world: World, ref: str, body: Any) -> None:
    """Delete the named secrets; names that do not exist are no error."""
    if not isinstance(body, list) or not all(isinstance(name, str) for name in body):
        raise InvalidError("Expected an array of names")
    with world.store.transaction():
        for name in body:
            world.store.delete(KIND, f"{ref}/{name}")


def _put(world: World, ref: str, name: str, value: str) -> None:
    key = f"{ref}/{name}"
    secret = {
        "key": key,
        "ref": ref,
        "name": name,
        "value": value,
        "updated_at": world.clock.now(),
    }
    world.store.put(KIND, key, secret)


def _check(index: int, entry: Any) -> None:
    where = f"{index}."
    if not isinstance(entry, dict):
        raise InvalidError(f"{where} Expected object, received {_kind_of(entry)}")
    name, value = entry.get("name"), entry.get("value")
    if not isinstance(name, str) or not name:
        raise InvalidError(f"{where}name: Required")
    if not isinstance(value, str):
        raise InvalidError(f"{where}value: Expected string, received {_kind_of(value)}")
    if name.startswith(RESERVED):
        raise InvalidError(f"{where}name: Secret name must not start with the SUPABASE_ prefix.")
    if len(name) > LONGEST_NAME:
        raise InvalidError(f"{where}name: String must contain at most {LONGEST_NAME} character(s)")
    if len(value) > LONGEST_VALUE:
        raise InvalidError(
            f"{where}value: String must contain at most {LONGEST_VALUE} character(s)"
        )


def _kind_of(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
