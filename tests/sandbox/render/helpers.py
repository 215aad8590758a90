"""A Render stand-in in memory with real git, builds and processes, driven through its API."""

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.render.render import Render
from stackwright.sandbox.render.routes import app
from stackwright.sandbox.world import World

Json = dict[str, Any]


@dataclass
class Api:
    """The vendor's API as a client sees it, and a way to wait for its deploys."""

    client: httpx.AsyncClient
    render: Render
    owner: str

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of an answer that must have that status."""
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: Any, status: int) -> str:
        """The message of a refusal."""
        answer = await self.ask(method, path, body, status)
        assert set(answer) == {"message"}
        return str(answer["message"])

    async def create(self, body: Json) -> Json:
        """A new service after its first deploy has ended."""
        made = await self.ask("POST", "/services", body, 201)
        await self.render.deploys.settled()
        service: Json = made["service"]
        return service

    async def deploy(self, service: Json, **body: Any) -> Json:
        """A deploy after its end."""
        made = await self.ask("POST", f"/services/{service['id']}/deploys", body, 201)
        await self.render.deploys.settled()
        found: Json = await self.ask("GET", f"/services/{service['id']}/deploys/{made['id']}")
        return found

    async def deploys(self, service: Json) -> list[Json]:
        """The deploys of a service, newest first."""
        found = await self.ask("GET", f"/services/{service['id']}/deploys")
        return [entry["deploy"] for entry in found]

    async def log(self, service: Json, kind: str = "build") -> str:
        """What builds (or the process) have said."""
        query = f"ownerId={self.owner}&resource={service['id']}&type={kind}&limit=100"
        found = await self.ask("GET", f"/logs?{query}&direction=forward")
        return "\n".join(line["message"] for line in found["logs"])


@contextlib.asynccontextmanager
async def running(world: World) -> AsyncIterator[Api]:
    """The stand-in with its lifespan; processes end with it."""
    world.set_setting("render.queue_seconds", 0)
    vendor = app(world)
    transport = in_process(vendor_app(world, "render", vendor))
    key = world.credentials("render")["api_key"]
    async with (
        vendor.router.lifespan_context(vendor),
        httpx.AsyncClient(
            transport=transport,
            base_url="http://render/v1",
            headers={"authorization": f"Bearer {key}"},
        ) as client,
    ):
        yield Api(client, vendor.state.render, f"tea-sandbox{world.sandbox_id}")


async def visit(url: str) -> httpx.Response:
    """What a browser gets."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


def repository(folder: Path, files: dict[str, str]) -> str:
    """A git repository with these files on the branch main; its address."""
    if not folder.exists():
        git(folder.parent, "init", "--quiet", "--initial-branch=main", folder.name)
    commit(folder, files)
    return f"file://{folder}"


def commit(folder: Path, files: dict[str, str]) -> str:
    """Add files in a commit; its hash."""
    for name, content in files.items():
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change it")
    return git(folder, "rev-parse", "HEAD").strip()


def git(folder: Path, *arguments: str) -> str:
    """Run git without the settings of this machine."""
    names = ("AUTHOR", "COMMITTER")
    identity = {
        f"GIT_{name}_{what}": "test@example.com" for name in names for what in ("NAME", "EMAIL")
    }
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **identity}
    answer = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return answer.stdout


def static_site(owner: str, repo: str, **details: Any) -> Json:
    """The body that creates a static site."""
    return {
        "type": "static_site",
        "name": "site",
        "ownerId": owner,
        "repo": repo,
        "branch": "main",
        "autoDeploy": "no",
        "serviceDetails": {
            "buildCommand": 'mkdir -p dist && echo "built with $COLOUR" > dist/index.html',
            "publishPath": "dist",
            **details,
        },
    }


def web_service(owner: str, repo: str, start: str, **details: Any) -> Json:
    """The body that creates a web service in Python."""
    return {
        "type": "web_service",
        "name": "api",
        "ownerId": owner,
        "repo": repo,
        "serviceDetails": {
            "runtime": "python",
            "envSpecificDetails": {"buildCommand": "true", "startCommand": start},
            **details,
        },
    }
