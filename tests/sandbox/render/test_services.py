import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.world import World
from tests.sandbox.render.helpers import Api, Json, repository, running, static_site, web_service


@pytest.fixture
def repo(tmp_path: Path) -> str:
    return repository(tmp_path / "repo", {"index.html": "hello"})


def use(world: World, act: Callable[[Api], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running(world) as api:
            await act(api)

    asyncio.run(run())


def test_a_wrong_key_is_refused(world: World) -> None:
    async def act(api: Api) -> None:
        api.client.headers["authorization"] = "Bearer rnd_other"
        assert await api.refused("GET", "/services", None, 401) == "Unauthorized"

    use(world, act)


def test_the_owner_names_the_sandbox(world: World) -> None:
    async def act(api: Api) -> None:
        (found,) = await api.ask("GET", "/owners")
        assert found["owner"]["id"] == f"tea-sandbox{world.sandbox_id}"
        assert await api.ask("GET", f"/owners/{found['owner']['id']}") == found["owner"]
        await api.refused("GET", "/owners/tea-other", None, 404)

    use(world, act)


def test_a_service_is_created_listed_read_and_deleted(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        (listed,) = await api.ask("GET", f"/services?name=site&ownerId={api.owner}")
        assert listed["service"]["id"] == service["id"]
        assert (await api.ask("GET", f"/services/{service['id']}"))["name"] == "site"
        await api.ask("DELETE", f"/services/{service['id']}", None, 204)
        gone = await api.refused("GET", f"/services/{service['id']}", None, 404)
        assert gone == f"not found: {service['id']}"
        await api.refused("DELETE", f"/services/{service['id']}", None, 404)
        assert await api.ask("GET", "/services") == []

    use(world, act)


def test_a_deleted_service_leaves_nothing_behind(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        body = static_site(api.owner, repo) | {"envVars": [{"key": "A", "value": "1"}]}
        service = await api.create(body)
        await api.ask("DELETE", f"/services/{service['id']}", None, 204)
        kinds = [kind for kind in world.store.kinds() if kind.startswith("render.")]
        assert kinds == []
        assert not list(world.root.glob(f"render/*/{service['id']}*"))
        assert world.processes.ports.all() == {}

    use(world, act)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"colour": "red"}, 400, 'unknown field "colour"'),
        ({"type": "website"}, 400, "invalid type: website"),
        ({"name": None}, 400, "name is required"),
        ({"ownerId": "tea-other"}, 404, "not found: tea-other"),
        ({"repo": None}, 400, "repo or image is required"),
        ({"repo": "https://github.com/no/such"}, 400, "https://github.com/no/such"),
        ({"autoDeploy": "no", "autoDeployTrigger": "commit"}, 400, "contradict"),
        ({"serviceDetails": {"plan": "starter"}}, 400, 'unknown field "plan"'),
        ({"serviceDetails": {"region": "ohio"}}, 400, 'unknown field "region"'),
        ({"envVars": [{"key": "1 A", "value": "x"}]}, 400, "invalid key: 1 A"),
        ({"envVars": [{"key": "A"}]}, 400, "exactly one of value and generateValue"),
        ({"envVars": [{"key": "A", "value": "x"}] * 2}, 400, "duplicate key: A"),
    ],
)
def test_a_wrong_service_is_refused_and_not_made(
    world: World, repo: str, change: Json, status: int, message: str
) -> None:
    async def act(api: Api) -> None:
        body = static_site(api.owner, repo) | change
        assert message in await api.refused("POST", "/services", body, status)
        assert await api.ask("GET", "/services") == []

    use(world, act)


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"plan": "gigantic"}, "invalid plan: gigantic"),
        ({"region": "mars"}, "invalid region: mars"),
        ({"runtime": None}, "runtime is required"),
        ({"envSpecificDetails": {"buildCommand": "x"}}, "startCommand is required"),
        ({"numInstances": 0}, "invalid numInstances"),
    ],
)
def test_a_wrong_web_service_is_refused(
    world: World, repo: str, details: Json, message: str
) -> None:
    async def act(api: Api) -> None:
        body = web_service(api.owner, repo, "true", **details)
        assert message in await api.refused("POST", "/services", body, 400)

    use(world, act)


def test_a_name_is_given_once(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        await api.create(static_site(api.owner, repo))
        again = await api.refused("POST", "/services", static_site(api.owner, repo), 409)
        assert again == "name already in use: site"

    use(world, act)


def test_a_patch_changes_what_it_names_and_nothing_else(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        world.clock.advance(1)
        change = {"name": "other", "serviceDetails": {"publishPath": "public"}}
        patched = await api.ask("PATCH", f"/services/{service['id']}", change)
        expected = service | {"name": "other", "updatedAt": patched["updatedAt"]}
        expected["serviceDetails"] = service["serviceDetails"] | {"publishPath": "public"}
        assert patched == expected
        assert patched["updatedAt"] > service["updatedAt"]

    use(world, act)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"type": "web_service"}, 400, 'unknown field "type"'),
        ({"ownerId": "x"}, 400, 'unknown field "ownerId"'),
        ({"serviceDetails": {"region": "ohio"}}, 400, 'unknown field "region"'),
        ({"envVars": []}, 400, 'unknown field "envVars"'),
        ({"repo": "https://github.com/no/such"}, 400, "unable to clone"),
    ],
)
def test_what_is_immutable_cannot_be_patched(
    world: World, repo: str, change: Json, status: int, message: str
) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}"
        assert message in await api.refused("PATCH", path, change, status)
        assert await api.ask("GET", path) == service

    use(world, act)


def test_auto_deploy_and_its_trigger_mirror_each_other(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}"
        assert (service["autoDeploy"], service["autoDeployTrigger"]) == ("no", "off")
        changed = await api.ask("PATCH", path, {"autoDeployTrigger": "checksPass"})
        assert (changed["autoDeploy"], changed["autoDeployTrigger"]) == ("yes", "checksPass")
        changed = await api.ask("PATCH", path, {"autoDeploy": "no"})
        assert (changed["autoDeploy"], changed["autoDeployTrigger"]) == ("no", "off")

    use(world, act)


def test_an_empty_build_filter_is_not_kept(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path, filled = f"/services/{service['id']}", {"paths": ["src/**"], "ignoredPaths": []}
        changed = await api.ask("PATCH", path, {"buildFilter": filled})
        assert changed["buildFilter"] == filled
        nothing = {"paths": None, "ignoredPaths": None}
        assert "buildFilter" not in await api.ask("PATCH", path, {"buildFilter": nothing})

    use(world, act)


def test_env_vars_are_replaced_as_a_whole_or_one_by_one(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}/env-vars"

        async def values() -> dict[str, Any]:
            found = await api.ask("GET", path)
            return {entry["envVar"]["key"]: entry["envVar"]["value"] for entry in found}

        await api.ask("PUT", path, [{"key": "A", "value": "1"}, {"key": "B", "value": ""}])
        assert await values() == {"A": "1", "B": ""}
        await api.ask("PUT", path, [{"key": "C", "value": "3"}])
        assert await values() == {"C": "3"}
        assert await api.ask("PUT", f"{path}/D", {"value": "4"}) == {"key": "D", "value": "4"}
        assert await api.ask("GET", f"{path}/D") == {"key": "D", "value": "4"}
        await api.ask("DELETE", f"{path}/C", None, 204)
        await api.refused("DELETE", f"{path}/C", None, 404)
        assert await values() == {"D": "4"}
        await api.client.put(path, content=b"null")
        assert await values() == {}

    use(world, act)


def test_a_generated_value_is_new_each_time_it_is_sent(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}/env-vars"
        body = [{"key": "A", "generateValue": True}]
        first, second = [(await api.ask("PUT", path, body))[0]["envVar"] for _ in range(2)]
        assert first["value"] != second["value"]

    use(world, act)


def test_rules_of_a_static_site_are_replaced_with_new_ids(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}/routes"
        body = [
            {"type": "redirect", "source": "/a", "destination": "/b"},
            {"type": "rewrite", "source": "/*", "destination": "/index.html"},
        ]
        first = await api.ask("PUT", path, body)
        assert [rule["priority"] for rule in first] == [0, 1]
        second = await api.ask("PUT", path, body)
        assert {rule["id"] for rule in first}.isdisjoint(rule["id"] for rule in second)
        assert [entry["route"] for entry in await api.ask("GET", path)] == second
        assert await api.ask("PUT", path, []) is None

    use(world, act)


def test_only_static_sites_have_headers(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(web_service(api.owner, repo, "sleep 60"))
        path = f"/services/{service['id']}/headers"
        assert "static sites only" in await api.refused("GET", path, None, 400)

    world.set_setting("render.health_seconds", 0)
    use(world, act)


def test_an_unknown_route_is_not_found_and_recorded_loudly(world: World) -> None:
    async def act(api: Api) -> None:
        assert await api.refused("GET", "/blueprints", None, 404) == "page not found"

    use(world, act)
    assert world.journal.entries()[-1].note == NOT_EMULATED


def test_an_image_is_written_out(world: World) -> None:
    async def act(api: Api) -> None:
        body = web_service(api.owner, "", "") | {
            "image": {"ownerId": api.owner, "imagePath": "nginx"}
        }
        del body["repo"]
        body["serviceDetails"] = {"runtime": "image"}
        service = await api.create(body)
        assert service["imagePath"] == "docker.io/library/nginx:latest"
        assert "runs no containers" in await api.log(service)

    use(world, act)


def test_rate_limits_are_in_each_answer(world: World) -> None:
    async def act(api: Api) -> None:
        answer = await api.client.get("/services")
        assert answer.headers["ratelimit-limit"] == "400"
        world.set_setting("render.limits", {"read": [1, 60]})
        await api.client.get("/services")
        answer = await api.client.get("/services")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert answer.headers["ratelimit-remaining"] == "0"

    use(world, act)
