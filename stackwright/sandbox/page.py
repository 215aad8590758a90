"""The first page of the sandbox. (services, functions, webhooks, journal: see sections below)"""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from stackwright.sandbox.world import World


class HasWorld(Protocol):
    """Whatever holds the present world (a reset replaces it)."""

    world: World


def routes(holder: HasWorld) -> list[Route]:
    """The page's routes."""

    async def home(_request: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><title>Sandbox</title><h1>Sandbox</h1>" + holder.world.urls["page"]
        )

    return [Route("/", home)]
