"""Answers have the keys and types of real ones.

`recorded_shapes.json` holds the shapes of exchanges that the official Terraform provider recorded.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.world import World
from tests.sandbox.render.helpers import Api, repository, running, static_site, web_service

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("recorded_shapes.json").read_text())
SETS: dict[str, list[dict[str, str]]] = {
    "env-vars": [{"key": "A", "value": "1"}],
    "secret-files": [{"name": "a.txt", "content": "1"}],
    "headers": [{"path": "/*", "name": "X-A", "value": "1"}],
    "routes": [{"type": "rewrite", "source": "/*", "destination": "/index.html"}],
}
# The newest recordings have it for every type; those of web services are older.
NEWER = {"autoDeployTrigger": "string"}


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return kinds[type(value)]


def use(world: World, act: Callable[[Api], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running(world) as api:
            await act(api)

    asyncio.run(run())


@pytest.fixture
def repo(tmp_path: Path) -> str:
    return repository(tmp_path / "repo", {"index.html": "hello"})


def test_a_new_static_site_has_the_recorded_shape(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        made = await api.ask("POST", "/services", static_site(api.owner, repo), 201)
        assert shape(made) == RECORDED["create static_site"]

    use(world, act)


def test_a_new_web_service_has_the_recorded_shape(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        mode = {"enabled": False, "uri": ""}
        body = web_service(api.owner, repo, "sleep 60", maintenanceMode=mode) | {"branch": "main"}
        made = await api.ask("POST", "/services", body, 201)
        recorded = RECORDED["create web_service"]
        expected = {**recorded, "service": {**recorded["service"], **NEWER}}
        assert shape(made) == expected

    use(world, act)


def test_a_running_deploy_has_the_recorded_shape(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        made = await api.ask("POST", f"/services/{service['id']}/deploys", {}, 201)
        # The recorded one had begun; ours begins a moment after the answer.
        assert shape(made) | {"startedAt": "string"} == RECORDED["create deploy"]
        await api.render.deploys.settled()

    use(world, act)


@pytest.mark.parametrize("name", sorted(SETS))
def test_sets_have_the_recorded_shapes(world: World, repo: str, name: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}/{name}"
        assert shape(await api.ask("PUT", path, SETS[name])) == RECORDED[f"PUT {name}"]
        assert shape(await api.ask("GET", path)) == RECORDED[f"GET {name}"]

    use(world, act)
