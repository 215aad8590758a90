"""A shop on Render: its program, and Render's own view of it."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.engine import Declared, Program
from tests.sandbox.lifecycle.worlds import Bench

PRIVATE = "postgres-password-of-the-build"
NAMES = ("service", "env", "deploy")
SITE = {
    "name": "shop",
    "type": "static_site",
    "branch": "main",
    "build_command": 'mkdir -p dist && echo "$VITE_TITLE" > dist/index.html',
    "publish_path": "dist",
    "routes": [{"type": "rewrite", "source": "/*", "destination": "/index.html"}],
}
BACKEND = {
    "name": "api",
    "type": "web_service",
    "branch": "main",
    "build_command": "true",
    "start_command": "python3 -m http.server --bind 127.0.0.1 $PORT",
    "runtime": "python",
    "plan": "starter",
    "region": "frankfurt",
    "health_check_path": "/",
}


def commit(folder: Path, message: str) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        **{f"GIT_{who}_NAME": "Shop" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "shop@example.com" for who in ("AUTHOR", "COMMITTER")},
    }
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", message]):
        subprocess.run(["git", *command], cwd=folder, check=True, env=environment)


def changed(program: Program, name: str, /, **inputs: Any) -> Program:
    declared = program[name]
    return {**program, name: Declared(declared.token, {**declared.inputs, **inputs})}


def without(program: Program, name: str, /, *fields: str) -> Program:
    declared = program[name]
    left = {key: value for key, value in declared.inputs.items() if key not in fields}
    return {**program, name: Declared(declared.token, left)}


def with_title(program: Program, title: str) -> Program:
    values = {**program["env"].inputs["values"], "VITE_TITLE": title}
    return changed(program, "env", values=values)


def services(shop: Bench) -> list[dict[str, Any]]:
    return shop.world.store.all("render.service")


def deploys(shop: Bench, *statuses: str) -> list[dict[str, Any]]:
    """What was deployed, without the first deploy that nobody asked for."""
    made = [d for d in shop.world.store.all("render.deploy") if d["status"] != "canceled"]
    return [d for d in made if not statuses or d["status"] in statuses]


def variables(shop: Bench) -> dict[str, str]:
    """The variables of the one service, without our own marks."""
    (service,) = services(shop)
    found = shop.world.store.get("render.env_vars", service["id"]) or {"items": {}}
    return {k: v for k, v in found["items"].items() if not k.startswith("STACKWRIGHT_")}


def set_variable(shop: Bench, name: str, value: str | None) -> None:
    """As somebody does it in Render's dashboard."""
    (service,) = services(shop)
    found = shop.world.store.get("render.env_vars", service["id"])
    assert found is not None
    items = {**found["items"], name: value}
    kept = {key: item for key, item in items.items() if item is not None}
    shop.world.store.put("render.env_vars", service["id"], {"items": kept})


def edit_service(shop: Bench, **fields: Any) -> None:
    (service,) = services(shop)
    shop.world.store.put("render.service", service["id"], {**service, **fields})


def page(shop: Bench) -> str:
    """What a visitor sees."""
    (service,) = services(shop)
    return httpx.get(service["serviceDetails"]["url"], trust_env=False).text.strip()


async def visit(shop: Bench) -> str:
    return await asyncio.to_thread(page, shop)


def alive(shop: Bench) -> tuple[int, int, int]:
    """Services, deploys that are live, and variables of the service."""
    count = len(services(shop))
    return count, len(deploys(shop, "live")), len(variables(shop)) if count else 0


ONCE = (1, 1, 2)


async def call(shop: Bench, method: str, path: str) -> httpx.Response:
    key = shop.world.credentials("render")["api_key"]
    transport = httpx.ASGITransport(shop.apps["render"])
    async with httpx.AsyncClient(transport=transport, base_url="http://render.test/v1") as client:
        answer = await client.request(method, path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code < 300, answer.text
    return answer
