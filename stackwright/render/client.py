"""Render's HTTP interface as plain methods over plain dictionaries.

https://api-docs.render.com/reference. `RenderReader` can only read, `RenderClient` adds the
writes. What Render does not have is None; deleting what is gone answers False. All else raises
`stackwright.errors.VendorError`. Everything happens in one workspace (`owner_id`, `tea-...`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Unpack

from stackwright.errors import UserInput, VendorError
from stackwright.http.client import VendorClient, Wiring, segment
from stackwright.render.rules import RULES
from stackwright.values import Json

BASE_URL = "https://api.render.com/v1"
PAGE = 100
QUEUE_POLLS = 30
QUEUE_PAUSE = 1.0

LogKind = Literal["app", "build", "request"]


class RenderReader(VendorClient):
    """Reads of one workspace."""

    rules = RULES

    def __init__(
        self, api_key: str, owner_id: str, base_url: str = BASE_URL, **wiring: Unpack[Wiring]
    ) -> None:
        super().__init__(api_key, base_url, **wiring)
        self.owner_id = owner_id

    async def owners(self) -> list[Json]:
        """The workspaces that the key can see."""
        return await self._all("/owners", "owner")

    async def identity(self) -> str:
        """The workspace's id, `tea-...`, when the key can see it."""
        owners = await self.owners()
        if self.owner_id in {owner["id"] for owner in owners}:
            return self.owner_id
        seen = ", ".join(f"{owner['id']} ({owner['name']})" for owner in owners) or "none"
        raise UserInput(
            f"RENDER_API_KEY cannot see the workspace RENDER_OWNER_ID={self.owner_id}. "
            f"It sees: {seen}."
        )

    async def service(self, service_id: str) -> Json | None:
        return await self._find(f"/services/{segment(service_id)}")

    async def services(self, name: str | None = None) -> list[Json]:
        """The workspace's services, without those that Render makes for pull requests."""
        query: Json = {"ownerId": self.owner_id, "includePreviews": "false"}
        if name is not None:
            query["name"] = name
        return await self._all("/services", "service", query)

    async def service_by_name(self, name: str) -> Json | None:
        """Names are unique in a workspace."""
        named = [one for one in await self.services(name) if one["name"] == name]
        return named[0] if named else None

    async def env_vars(self, service_id: str) -> dict[str, str]:
        """The variables set on the service itself, not those of linked groups, in clear."""
        found = await self._all(f"/services/{segment(service_id)}/env-vars", "envVar")
        return {one["key"]: one["value"] for one in found}

    async def headers(self, service_id: str) -> list[Json]:
        return await self._all(f"/services/{segment(service_id)}/headers", "header")

    async def routes(self, service_id: str) -> list[Json]:
        """In order of priority."""
        found = await self._all(f"/services/{segment(service_id)}/routes", "route")
        return sorted(found, key=lambda route: int(route.get("priority") or 0))

    async def deploy(self, service_id: str, deploy_id: str) -> Json | None:
        return await self._find(f"/services/{segment(service_id)}/deploys/{segment(deploy_id)}")

    async def deploys(
        self, service_id: str, statuses: Iterable[str] = (), limit: int = 20
    ) -> list[Json]:
        """The newest deploys, newest first; only those of `statuses` if any are given."""
        query: Json = {"limit": limit}
        if wanted := sorted(statuses):
            query["status"] = wanted
        path = f"/services/{segment(service_id)}/deploys"
        page = await self._send("GET", path, params=query) or []
        found: list[Json] = [item["deploy"] for item in page]
        # Render does not say in which order it lists them.
        return sorted(found, key=lambda deploy: str(deploy.get("createdAt")), reverse=True)

    async def logs(
        self,
        service_id: str,
        kind: LogKind = "app",
        since: str | None = None,
        until: str | None = None,
        limit: int = PAGE,
    ) -> list[str]:
        """The last lines between two times (ISO 8601), oldest first. May hold secrets."""
        query: Json = {"ownerId": self.owner_id, "resource": service_id, "type": kind}
        query |= {"direction": "backward", "limit": limit}
        query |= {name: at for name, at in (("startTime", since), ("endTime", until)) if at}
        page: Json = await self._send("GET", "/logs", params=query) or {}
        lines = sorted(page.get("logs") or [], key=lambda line: str(line.get("timestamp")))
        return [str(line["message"]) for line in lines]

    async def deploy_log(self, service_id: str, deploy: Json, lines: int = 20) -> list[str]:
        """The end of what a deploy said: its build, and for a failed start its application."""
        kind: LogKind = "app" if deploy.get("status") == "update_failed" else "build"
        since, until = deploy.get("createdAt"), deploy.get("finishedAt")
        return await self.logs(service_id, kind, since, until, limit=lines)

    async def _all(
        self, path: str, thing: str, query: Mapping[str, Any] | None = None
    ) -> list[Json]:
        """Every page of a list of `{thing: {...}, cursor}`."""
        params: Json = {"limit": PAGE, **(query or {})}
        found: list[Json] = []
        while True:
            page = await self._send("GET", path, params=params) or []
            found += [item[thing] for item in page]
            if len(page) < PAGE:
                return found
            params["cursor"] = page[-1]["cursor"]


def is_suspended(service: Json) -> bool:
    """Render writes it as a word. Deploys of a suspended service do not start."""
    return bool(service.get("suspended") == "suspended")


class RenderClient(RenderReader):
    """Reads and writes. No change of a service takes effect before its next deploy."""

    writable: ClassVar[bool] = True

    async def create_service(self, body: Mapping[str, Any]) -> Json:
        """`{service, deployId}`: Render starts a first deploy unasked.

        `Ambiguous` when the answer was lost: look for it with `service_by_name`.
        """
        created: Json = await self._send(
            "POST", "/services", json={**body, "ownerId": self.owner_id}
        )
        return created

    async def update_service(self, service_id: str, body: Mapping[str, Any]) -> Json:
        updated: Json = await self._send(
            "PATCH", f"/services/{segment(service_id)}", json=dict(body)
        )
        return updated

    async def delete_service(self, service_id: str) -> bool:
        return await self._remove(f"/services/{segment(service_id)}")

    async def put_env_vars(self, service_id: str, variables: Mapping[str, str]) -> None:
        """Replace the whole set: keys that are not given are removed."""
        body = [{"key": key, "value": value} for key, value in variables.items()]
        await self._send("PUT", f"/services/{segment(service_id)}/env-vars", json=body)

    async def put_env_var(self, service_id: str, key: str, value: str) -> None:
        """Set one variable and leave the others."""
        path = f"/services/{segment(service_id)}/env-vars/{segment(key)}"
        await self._send("PUT", path, json={"value": value})

    async def delete_env_var(self, service_id: str, key: str) -> bool:
        return await self._remove(f"/services/{segment(service_id)}/env-vars/{segment(key)}")

    async def put_headers(self, service_id: str, headers: Iterable[Mapping[str, str]]) -> None:
        """Replace all headers of a static site: `{path, name, value}` each."""
        body = [dict(header) for header in headers]
        await self._send("PUT", f"/services/{segment(service_id)}/headers", json=body)

    async def put_routes(self, service_id: str, routes: Iterable[Mapping[str, str]]) -> None:
        """Replace all routes of a static site: `{type, source, destination}`, first wins."""
        body = [dict(route) for route in routes]
        await self._send("PUT", f"/services/{segment(service_id)}/routes", json=body)

    async def create_deploy(self, service_id: str, body: Mapping[str, Any] | None = None) -> Json:
        """The new deploy, also when Render only queues it (202 without an id).

        `Ambiguous` when the answer was lost: look at `deploys` first.
        """
        before = {deploy["id"] for deploy in await self.deploys(service_id)}
        path = f"/services/{segment(service_id)}/deploys"
        created: Json | None = await self._send("POST", path, json=dict(body or {}))
        return created or await self._queued_deploy(service_id, before)

    async def cancel_deploy(self, service_id: str, deploy_id: str) -> Json:
        path = f"/services/{segment(service_id)}/deploys/{segment(deploy_id)}/cancel"
        canceled: Json = await self._send("POST", path)
        return canceled

    async def suspend_service(self, service_id: str) -> None:
        await self._send("POST", f"/services/{segment(service_id)}/suspend")

    async def resume_service(self, service_id: str) -> None:
        """Cannot lift a suspension by Render itself (billing, administrator)."""
        await self._send("POST", f"/services/{segment(service_id)}/resume")

    async def _queued_deploy(self, service_id: str, before: set[str]) -> Json:
        """The deploy behind a 202: the newest that was not there before we asked.

        When another one was queued already, Render may fold ours into it.
        """
        found: list[Json] = []
        for _ in range(QUEUE_POLLS):
            found = await self.deploys(service_id)
            if new := [deploy for deploy in found if deploy["id"] not in before]:
                return new[0]
            await self.clock.sleep(QUEUE_PAUSE)
        if waiting := [deploy for deploy in found if deploy.get("status") == "queued"]:
            return waiting[0]
        raise VendorError(
            self.rules.vendor,
            202,
            message="the deploy was accepted but never appeared in the list",
            advice="Look at the service in Render's dashboard, then run it again.",
            operation=f"POST /services/{service_id}/deploys",
        )
