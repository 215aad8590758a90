"""Supabase's Management API as plain methods over plain dictionaries.

https://supabase.com/docs/reference/api. `SupabaseReader` can only read, `SupabaseClient` adds
the writes. What Supabase does not have is None; deleting what is gone answers False. All else
raises `stackwright.errors.VendorError`. `ref` is a project's reference, 20 small letters.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

import httpx

from stackwright.errors import NotFound
from stackwright.http.client import TIMEOUT, VendorClient, Wiring, segment
from stackwright.supabase.rules import RULES
from stackwright.values import Json

BASE_URL = "https://api.supabase.com"
BUNDLING = httpx.Timeout(120.0, pool=None, connect=TIMEOUT.connect)
"""Supabase bundles a function before it answers; that takes longer than other requests."""
QUERYING = httpx.Timeout(90.0, pool=None, connect=TIMEOUT.connect)
"""Longer than Supabase lets a query run, so that its answer is not lost by our impatience."""
NOT_TAKEN_BACK = frozenset({"ezbr_sha256", "updated_at"})
"""What a bundle's answer holds and a publish must not send."""


class SupabaseReader(VendorClient):
    """Reads of the projects that a token may see."""

    rules = RULES

    def __init__(
        self, access_token: str, base_url: str = BASE_URL, **wiring: Unpack[Wiring]
    ) -> None:
        super().__init__(access_token, base_url, **wiring)

    async def projects(self) -> list[Json]:
        """All projects that the token may see. Branches are not among them."""
        found: list[Json] = await self._send("GET", "/v1/projects")
        return found

    async def identity(self) -> dict[str, str]:
        """Project ref to `organization/ref`."""
        return {
            ref_of(project): f"{organization_of(project)}/{ref_of(project)}"
            for project in await self.projects()
        }

    async def project(self, ref: str) -> Json | None:
        """`status` is ACTIVE_HEALTHY when it can be used, INACTIVE when it is paused."""
        return await self._find(_project(ref))

    async def health(self, ref: str, services: Iterable[str]) -> list[Json]:
        """`{name, status}` of each of: auth, db, pooler, realtime, rest, storage."""
        found: list[Json] = await self._send(
            "GET", f"{_project(ref)}/health", params={"services": list(services)}
        )
        return found

    async def api_keys(self, ref: str) -> dict[str, str]:
        """Name to key in clear; legacy ones are named `anon` and `service_role`. All secret."""
        found: list[Json] = await self._send(
            "GET", f"{_project(ref)}/api-keys", params={"reveal": "true"}
        )
        return {one["name"]: one["api_key"] for one in found if one.get("api_key")}

    async def secrets(self, ref: str) -> dict[str, str]:
        """Name to digest: the lower-case hex SHA-256 of the value, which cannot be read."""
        found: list[Json] = await self._send("GET", f"{_project(ref)}/secrets")
        return {one["name"]: one["value"] for one in found}

    async def functions(self, ref: str) -> dict[str, Json]:
        """Slug to function: id, version, verify_jwt, status and so on; never its source."""
        found: list[Json] = await self._send("GET", f"{_project(ref)}/functions")
        return {one["slug"]: one for one in found}

    async def function(self, ref: str, slug: str) -> Json | None:
        return await self._find(f"{_project(ref)}/functions/{segment(slug)}")

    async def pooler(self, ref: str) -> Json:
        """The primary's pooler: db_host, db_port, db_user, db_name, pool_mode; no password."""
        path = f"{_project(ref)}/config/database/pooler"
        found: list[Json] = await self._send("GET", path)
        primary = [one for one in found if one.get("database_type") == "PRIMARY"]
        if not primary:
            raise NotFound(
                self.rules.vendor,
                message="the project has no pooler of its primary database",
                advice="Set SUPABASE_DB_URL (stackwright:databaseUrl) to its address.",
                operation=f"GET {path}",
            )
        return primary[0]

    async def backups(self, ref: str) -> Json:
        """The vendor's own: `backups` with `status` and `inserted_at`, `pitr_enabled`,
        `physical_backup_data` with the Unix times between which one can go back.
        """
        found: Json = await self._send("GET", f"{_project(ref)}/database/backups")
        return found

    async def query(self, ref: str, sql: str, parameters: Sequence[Any] = ()) -> list[Json]:
        """Rows of a query that runs as a read-only user; name tables with their schema."""
        body: Json = {"query": sql}
        if parameters:
            body["parameters"] = list(parameters)
        path = f"{_project(ref)}/database/query/read-only"
        rows: list[Json] | None = await self._send("POST", path, json=body)
        return rows or []


class SupabaseClient(SupabaseReader):
    """Reads and writes."""

    writable: ClassVar[bool] = True

    async def execute(self, ref: str, sql: str) -> None:
        """Run statements as `postgres`, sent as one message.

        Raises `Ambiguous` when the answer was lost: it is never sent twice.
        """
        path = f"{_project(ref)}/database/query"
        await self._send("POST", path, json={"query": sql}, timeout=QUERYING)

    async def upsert_secrets(self, ref: str, secrets: Mapping[str, str]) -> None:
        """Set all of these in one request and leave the others. Effective without a deploy."""
        body = [{"name": name, "value": value} for name, value in secrets.items()]
        await self._send("POST", f"{_project(ref)}/secrets", json=body)

    async def delete_secrets(self, ref: str, names: Iterable[str]) -> None:
        """Remove these; names that are not there are no error. No names: nothing is sent."""
        if listed := list(names):
            await self._remove(f"{_project(ref)}/secrets", json=listed)

    async def bundle_function(
        self, ref: str, slug: str, metadata: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> Json:
        """Upload and bundle without going live; hand the answer to `publish_functions`.

        `metadata`: entrypoint_path, import_map_path, verify_jwt, name. `files`: relative POSIX
        path to content; the entry point and all that it imports, import map included.
        """
        return await self._deploy(ref, slug, metadata, files, bundle_only=True)

    async def deploy_function(
        self, ref: str, slug: str, metadata: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> Json:
        """As `bundle_function`, and live at once."""
        return await self._deploy(ref, slug, metadata, files, bundle_only=False)

    async def publish_functions(self, ref: str, bundles: Iterable[Mapping[str, Any]]) -> list[Json]:
        """Make bundles live in one step; functions that are not listed stay as they are.

        Each is the answer of `bundle_function`, with the `version` that it shall have.
        """
        body = [_publishable(bundle) for bundle in bundles]
        answer = await self._send("PUT", f"{_project(ref)}/functions", json=body)
        published: list[Json] = (answer or {}).get("functions", [])
        return published

    async def delete_function(self, ref: str, slug: str) -> bool:
        return await self._remove(f"{_project(ref)}/functions/{segment(slug)}")

    async def _deploy(
        self,
        ref: str,
        slug: str,
        metadata: Mapping[str, Any],
        files: Mapping[str, bytes],
        *,
        bundle_only: bool,
    ) -> Json:
        parts: list[tuple[str, Any]] = [
            ("metadata", (None, json.dumps(dict(metadata)), "application/json"))
        ]
        parts += [("file", (name, body, _media_type(name))) for name, body in files.items()]
        answer: Json = await self._send(
            "POST",
            f"{_project(ref)}/functions/deploy",
            params={"slug": slug, "bundleOnly": "true" if bundle_only else "false"},
            files=parts,
            timeout=BUNDLING,
        )
        return answer


def ref_of(project: Json) -> str:
    """A project's reference under its present or its former name."""
    return str(project.get("ref") or project["id"])


def organization_of(project: Json) -> str:
    """A project's organization under its present or its former name."""
    return str(project.get("organization_slug") or project["organization_id"])


def _project(ref: str) -> str:
    return f"/v1/projects/{segment(ref)}"


def _publishable(bundle: Mapping[str, Any]) -> Json:
    known = {name: value for name, value in bundle.items() if name not in NOT_TAKEN_BACK}
    return {name: value for name, value in known.items() if value is not None}


def _media_type(name: str) -> str:
    if name.endswith((".ts", ".tsx", ".mts")):
        return "application/typescript"
    return "application/json" if name.endswith((".json", ".jsonc")) else "application/octet-stream"
