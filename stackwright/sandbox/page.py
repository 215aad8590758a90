"""The page at the sandbox's root: what exists at each vendor, with logs and deliveries.

Rendered on the server from the store; nothing secret is shown: names of secrets only, and logs
without the secret values that the sandbox knows.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from stackwright.errors import scrub
from stackwright.sandbox import page_parts as parts
from stackwright.sandbox.page_html import document, pre
from stackwright.sandbox.world import World

_LINES = 500


class HasWorld(Protocol):
    """Whatever holds the present world (a reset replaces it)."""

    world: World


def routes(holder: HasWorld) -> list[Route]:
    """The page and what it links to."""

    async def home(_request: Request) -> Response:
        migrations = await asyncio.to_thread(parts.migrations, holder.world)
        jobs = await asyncio.to_thread(parts.jobs, holder.world)
        return HTMLResponse(document("Sandbox", parts.everything(holder.world, migrations, jobs)))

    async def service_log(request: Request) -> Response:
        found = holder.world.store.get("render.service", request.path_params["id"])
        return _log(holder.world, found, parts.service_log)

    async def function_log(request: Request) -> Response:
        key = f"{request.path_params['ref']}/{request.path_params['slug']}"
        found = holder.world.store.get("supabase.function", key)
        return _log(holder.world, found, parts.function_log)

    async def resend(request: Request) -> Response:
        await _resend(holder.world, request.path_params["id"])
        return RedirectResponse("/#webhooks", 303)

    return [
        Route("/", home),
        Route("/services/{id}/logs", service_log),
        Route("/functions/{ref}/{slug}/logs", function_log),
        Route("/deliveries/{id}/resend", resend, methods=["POST"]),
    ]


def _log(
    world: World, found: dict[str, Any] | None, read: Callable[[World, dict[str, Any]], str]
) -> Response:
    if found is None:
        raise HTTPException(404, "there is nothing of that name")
    lines = read(world, found).splitlines()[-_LINES:]
    text = scrub("\n".join(lines), parts.secret_values(world))
    return HTMLResponse(document(f"{found['name']}: log", pre(text)))


async def _resend(world: World, delivery: str) -> None:
    """Ask the Stripe stand-in, which owns the deliveries."""
    address = f"{world.urls['stripe']}/_sandbox/stripe/deliveries/{delivery}/resend"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(address)
    if answer.is_error:
        raise HTTPException(404, "there is no such delivery")
