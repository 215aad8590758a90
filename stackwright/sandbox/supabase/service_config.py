"""Settings of a project's services, kept as documents of kind `supabase.config`.

The Data API's and the auth server's settings are stored and answered; of the auth settings only
`jwt_exp`, `disable_signup`, `mailer_autoconfirm` and `password_min_length` change what the
sandbox's auth server does. There is no storage server; its settings are constants.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from stackwright.sandbox.supabase.errors import InvalidError
from stackwright.sandbox.world import World

KIND = "supabase.config"

Fields = dict[str, dict[str, Any]]

_POSTGREST: Fields = {
    "db_schema": {"type": "string", "default": "public,graphql_public"},
    "max_rows": {"type": "integer", "default": 1000},
    "db_extra_search_path": {"type": "string", "default": "public, extensions"},
    "db_pool": {"type": "integer", "default": None},
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
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
    site_url = body.get("site_url") if isinstance(body, dict) else None
    if isinstance(site_url, str) and "," in site_url:
        raise InvalidError("site_url must match /^[^,]+$/ regular expression")
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
        _check(name, fields[name]["type"], value)
    values = _stored(world, ref, service, fields) | body
    key = f"{ref}/{service}"
    world.store.put(KIND, key, {"key": key, "ref": ref, "values": values})
    return values


def _check(name: str, kind: str, value: Any) -> None:
    if value is None:
        return
    # To Python a boolean is a number; to the vendor it is not.
    number = kind in ("integer", "number") and isinstance(value, bool)
    if number or not isinstance(value, _TYPES[kind]):
        raise InvalidError(f"{name} must be a {kind}")


def _auth_fields() -> Fields:
    fields: Fields = json.loads(_NAMES.read_text())
    return fields


def _hidden(ref: str, name: str, value: Any) -> Any:
    secret = name.endswith(("_secret", "_secrets", "_auth_token", "smtp_pass", "_api_key"))
    if not secret or not isinstance(value, str) or not value:
        return value
    return hmac.new(ref.encode(), value.encode(), hashlib.sha256).hexdigest()
