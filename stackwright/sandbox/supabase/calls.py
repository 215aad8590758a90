"""What a handler of the Management API gets: the request, the world, the project it is about."""

import asyncio
import json
import math
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from stackwright.sandbox.supabase import projects
from stackwright.sandbox.supabase.bundles import Bundler
from stackwright.sandbox.supabase.errors import InvalidError
from stackwright.sandbox.supabase.scheduler import Scheduler
from stackwright.sandbox.world import World


@dataclass
class Services:
    """What all calls of one application share."""

    world: World
    bundler: Bundler = field(default_factory=Bundler)
    scheduler: Scheduler = field(init=False)
    _work: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.world)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work after the answer."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def finish(self) -> None:
        """Wait for the work that still runs."""
        await asyncio.gather(*self._work, return_exceptions=True)


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    request: Request
    services: Services

    @property
    def world(self) -> World:
        """The sandbox."""
        return self.services.world

    @property
    def ref(self) -> str:
        """The project ref in the path."""
        ref: str = self.request.path_params["ref"]
        return ref

    @property
    def project(self) -> projects.Project:
        """The project in the path; raises the vendor's refusals."""
        return projects.get(self.world, self.ref)

    async def json(self) -> Any:
        """The body; raises the vendor's 400 for what is no JSON."""
        body = await self.request.body()
        try:
            return json.loads(body) if body else {}
        except ValueError:
            raise InvalidError("Request body is not valid JSON") from None

    async def object(self, **allowed: type | tuple[type, ...]) -> dict[str, Any]:
        """The body as an object with no field beside the allowed, each of its type."""
        body = await self.json()
        if not isinstance(body, dict):
            raise InvalidError("Expected object")
        for name, value in body.items():
            if name not in allowed:
                raise InvalidError(f"property {name} should not exist")
            if not isinstance(value, allowed[name]):
                raise InvalidError(f"{name} has the wrong type")
        return body

    def flag(self, name: str) -> bool:
        """A boolean of the query string; absent means false."""
        text = self.request.query_params.get(name, "false")
        if text not in ("true", "false"):
            raise InvalidError(f"{name} must be a boolean value")
        return text == "true"

    def number(self, name: str, default: int, least: int, most: float = math.inf) -> int:
        """A whole number of the query string within its limits."""
        text = self.request.query_params.get(name, str(default))
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise InvalidError(f"{name} must be an integer from {least} to {most}")
        return int(text)

    def read_only(self) -> None:
        """Tell the journal that this request changes nothing, whatever its method."""
        self.request.state.write = False
