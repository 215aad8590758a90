"""A sandbox in memory with one project, whose two applications are called without sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.clock import ManualClock
from stackwright.sandbox.supabase import gateway, projects, routes
from stackwright.sandbox.supabase.calls import Services
from stackwright.sandbox.world import World, memory_world

REF = "voipacceleratordevaa"
HELLO = 'Deno.serve(() => new Response("hello"));'


@dataclass
class Sandbox:
    """The project's world, its Management API (with a valid token) and its gateway."""

    world: World
    api: httpx.AsyncClient
    gateway: httpx.AsyncClient
    services: Services

    @property
    def project(self) -> projects.Project:
        """The project's document."""
        return projects.get(self.world, REF)

    @property
    def anon(self) -> dict[str, str]:
        """The headers of a caller with the public key."""
        key = projects.anon_key(self.project)
        return {"authorization": f"Bearer {key}", "apikey": key}

    @property
    def service_role(self) -> dict[str, str]:
        """The headers of a caller with the service role's key."""
        key = projects.service_role_key(self.project)
        return {"authorization": f"Bearer {key}", "apikey": key}

    async def deploy(
        self,
        slug: str = "hello",
        code: str = HELLO,
        *,
        files: dict[str, str] | None = None,
        bundle_only: bool = False,
        **metadata: Any,
    ) -> httpx.Response:
        """Deploy a function with one source file and perhaps others."""
        entrypoint = f"functions/{slug}/index.ts"
        sources = {entrypoint: code, **(files or {})}
        fields = {"entrypoint_path": entrypoint, "name": slug, "verify_jwt": False, **metadata}
        query = {"slug": slug, "bundleOnly": "true"} if bundle_only else {"slug": slug}
        return await self.api.post(
            f"/v1/projects/{REF}/functions/deploy",
            params=query,
            files=[("file", (path, text.encode())) for path, text in sources.items()],
            data={"metadata": json.dumps(fields)},
        )

    async def call(self, slug: str = "hello", method: str = "GET", **more: Any) -> httpx.Response:
        """Call a function through the gateway."""
        return await self.gateway.request(method, f"/{REF}/functions/v1/{slug}", **more)

    async def set_secrets(self, **values: str) -> httpx.Response:
        """Set secrets of the project."""
        body = [{"name": name, "value": value} for name, value in values.items()]
        return await self.api.post(f"/v1/projects/{REF}/secrets", json=body)

    async def finish(self) -> None:
        """Wait for what the Management API does after its answers."""
        await self.services.finish()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time."""
        assert isinstance(self.world.clock, ManualClock)
        self.world.clock.advance(seconds)


def in_sandbox(
    root: Path, test: Callable[[Sandbox], Awaitable[None]], *, database: bool = False
) -> None:
    """Run `test` with a sandbox below `root`; without `database` the project has no server."""

    async def run() -> None:
        async with sandbox_over(memory_world(root)) as sandbox:
            if database:
                await projects.ensure_project(sandbox.world, REF, name="voip-accelerator-dev")
            else:
                projects.add(sandbox.world, "voip-accelerator-dev", "us-east-1", "x", ref=REF)
                projects.set_status(sandbox.world, REF, projects.HEALTHY)
            await test(sandbox)

    asyncio.run(run())


@asynccontextmanager
async def sandbox_over(world: World) -> AsyncIterator[Sandbox]:
    """Run both applications over `world`, with nothing in it that it does not bring along."""
    world.urls = {
        name: f"http://127.0.0.1:9/{name}" for name in ("render", "supabase", "stripe", "gateway")
    }
    apps = {"supabase": routes.app(world), "gateway": gateway.app(world)}
    token = world.credentials("supabase")["access_token"]
    async with AsyncExitStack() as stack:
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        api, public = [
            await stack.enter_async_context(_client(world, name, app)) for name, app in apps.items()
        ]
        api.headers["authorization"] = f"Bearer {token}"
        yield Sandbox(world, api, public, apps["supabase"].state.services)
    assert world.processes.all() == []
    world.close()


def _client(world: World, name: str, app: Starlette) -> httpx.AsyncClient:
    transport = in_process(vendor_app(world, name, app))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
