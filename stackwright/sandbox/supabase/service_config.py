"""Settings of a project's services, kept as documents of kind `supabase.config`.

The Data API's and the auth server's settings are stored and answered; of the auth settings only
`jwt_exp`, `disable_signup`, `mailer_autoconfirm` and `password_min_length` change what the
sandbox's auth server does. There is no storage server; its settings are constants.
"""

import hashlib
import hmac
import json
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackwright.sandbox.supabase.errors import InvalidError
from stackwright.sandbox.world import World

KIND = "supabase.config"

Fields = dict[str, dict[str, Any]]

_POSTGREST: Fields = {
    "db_schema": {"type": "string", "default": "public,graphql_public", "nullable": False},
    "max_rows": {
        "type": "integer",
        "default": 1000,
        "minimum": 0,
        "maximum": 1_000_000,
        "nullable": False,
    },
    "db_extra_search_path": {"type": "string", "default": "public, extensions", "nullable": False},
    "db_pool": {
        "type": "integer",
        "default": None,
        "minimum": 0,
        "maximum": 1000,
        "nullable": False,
    },
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
# Limits of a field, in the words of the vendor's document.
_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "enum": lambda value, words: value in words,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
}
STORAGE: dict[str, Any] = {
    "fileSizeLimit": 50 * 1024 * 1024,
    "features": {
        "imageTransformation": {"enabled": True},
        "s3Protocol": {"enabled": True},
        "icebergCatalog": {"enabled": False, "maxNamespaces": 0, "maxTables": 0, "maxCatalogs": 0},
        "vectorBuckets": {"enabled": False, "maxBuckets": 0, "maxIndexes": 0},
    },
    "capabilities": {"list_v2": True, "iceberg_catalog": False},
    "external": {"upstreamTarget": "main"},
    "migrationVersion": "sandbox",
    "databasePoolMode": "recycled",
}
_NAMES = Path(__file__).with_name("auth_config.json")


def postgrest(world: World, project: dict[str, Any]) -> dict[str, Any]:
    """The Data API's settings; reading shows the project's token secret, as at the vendor."""
    return _stored(world, project["ref"], "postgrest", _POSTGREST)


def change_postgrest(world: World, project: dict[str, Any], body: Any) -> dict[str, Any]:
    """Change some of the Data API's settings; returns all of them."""
    return _change(world, project["ref"], "postgrest", _POSTGREST, body)


def auth(world: World, ref: str) -> dict[str, Any]:
    """The auth server's settings; secrets read back as the vendor's keyed digest."""
    settings = auth_values(world, ref)
    return {name: _hidden(ref, name, value) for name, value in settings.items()}


def auth_values(world: World, ref: str) -> dict[str, Any]:
    """The auth server's settings as it uses them."""
    return _stored(world, ref, "auth", _auth_fields())


def change_auth(world: World, ref: str, body: Any) -> dict[str, Any]:
    """Change some of the auth server's settings; returns all of them as `auth` does."""
    _change(world, ref, "auth", _auth_fields(), body)
    return auth(world, ref)


def _stored(world: World, ref: str, service: str, fields: Fields) -> dict[str, Any]:
    defaults = {name: field["default"] for name, field in fields.items()}
    document = world.store.get(KIND, f"{ref}/{service}")
    return defaults if document is None else {**defaults, **document["values"]}


def _change(world: World, ref: str, service: str, fields: Fields, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidError("Expected object")
    for name, value in body.items():
        if name not in fields:
            raise InvalidError(f"property {name} should not exist")
        _check(name, fields[name], value)
    values = _stored(world, ref, service, fields) | body
    key = f"{ref}/{service}"
    world.store.put(KIND, key, {"key": key, "ref": ref, "values": values})
    return values


def _check(name: str, field: dict[str, Any], value: Any) -> None:
    kind: str = field["type"]
    if value is None and field.get("nullable", True):
        return
    # To Python a boolean is a number; to the vendor it is not.
    number = kind in ("integer", "number") and isinstance(value, bool)
    if number or not isinstance(value, _TYPES[kind]):
        raise InvalidError(f"{name} must be a {kind}")
    for limit, holds in _LIMITS.items():
        if limit in field and not holds(value, field[limit]):
            raise InvalidError(f"{name} must match the {limit} {field[limit]}")


def _auth_fields() -> Fields:
    fields: Fields = json.loads(_NAMES.read_text())
    return fields


def _hidden(ref: str, name: str, value: Any) -> Any:
    secret = name.endswith(("_secret", "_secrets", "_auth_token", "smtp_pass", "_api_key"))
    if not secret or not isinstance(value, str) or not value:
        return value
    return hmac.new(ref.encode(), value.encode(), hashlib.sha256).hexdigest()
