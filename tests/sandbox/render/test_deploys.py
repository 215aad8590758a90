import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stackwright.sandbox.world import World
from tests.sandbox.render.helpers import (
    Api,
    Json,
    commit,
    git,
    repository,
    running,
    static_site,
    visit,
    web_service,
)

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        words = os.environ.get("COLOUR", "none").encode()
        self.send_response(500 if self.path == "/sick" else 200)
        self.send_header("content-length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)
    def log_message(self, *parts):
        print("served", self.path, flush=True)
print("starting", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def repo(tmp_path: Path) -> str:
    return repository(tmp_path / "repo", {"index.html": "hello", "server.py": SERVER})


def use(world: World, act: Callable[[Api], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running(world) as api:
            await act(api)

    asyncio.run(run())


async def put_colour(api: Api, service: Json, colour: str) -> None:
    body = [{"key": "COLOUR", "value": colour}]
    await api.ask("PUT", f"/services/{service['id']}/env-vars", body)


def address(service: Json) -> str:
    return str(service["serviceDetails"]["url"])


def test_the_first_deploy_publishes_the_build(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        body = static_site(api.owner, repo) | {"envVars": [{"key": "COLOUR", "value": "blue"}]}
        service = await api.create(body)
        (deploy,) = await api.deploys(service)
        assert (deploy["status"], deploy["trigger"]) == ("live", "api")
        assert deploy["commit"]["message"] == "Change it"
        assert (await visit(address(service))).text == "built with blue\n"

    use(world, act)


def test_env_vars_take_effect_with_the_next_deploy_only(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        await put_colour(api, service, "red")
        assert (await visit(address(service))).text == "built with \n"
        assert (await api.deploy(service))["status"] == "live"
        assert (await visit(address(service))).text == "built with red\n"
        statuses = [deploy["status"] for deploy in await api.deploys(service)]
        assert statuses == ["live", "deactivated"]

    use(world, act)


def test_the_build_sees_the_services_variables_and_nothing_of_ours(
    world: World, repo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_of_the_caller")

    async def act(api: Api) -> None:
        body = static_site(api.owner, repo, buildCommand="mkdir dist; env > dist/index.html")
        service = await api.create(body | {"envVars": [{"key": "COLOUR", "value": "blue"}]})
        seen = (await visit(address(service))).text
        assert "COLOUR=blue" in seen
        assert "RENDER=true" in seen
        assert f"RENDER_SERVICE_ID={service['id']}" in seen
        assert "STRIPE" not in seen

    use(world, act)


def test_a_failed_build_keeps_the_old_site_and_says_why(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        change = {"serviceDetails": {"buildCommand": "echo no such thing >&2; exit 3"}}
        await api.ask("PATCH", f"/services/{service['id']}", change)
        assert (await api.deploy(service))["status"] == "build_failed"
        log = await api.log(service)
        assert "no such thing" in log
        assert "==> Exited with status 3" in log
        assert (await visit(address(service))).text == "built with \n"

    use(world, act)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"publishPath": "build"}, "Publish directory build does not exist!"),
        ({"publishPath": "/etc"}, "Publish directory /etc does not exist!"),
    ],
)
def test_a_missing_publish_folder_fails_the_build(
    world: World, repo: str, details: Json, words: str
) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo, **details))
        (deploy,) = await api.deploys(service)
        assert deploy["status"] == "build_failed"
        assert words in await api.log(service)

    use(world, act)


def test_a_vanished_branch_fails_the_build(world: World, repo: str, tmp_path: Path) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        git(tmp_path / "repo", "branch", "--move", "main", "trunk")
        deploy = await api.deploy(service)
        assert (deploy["status"], "commit" in deploy) == ("build_failed", False)
        assert f"branch main does not exist in {repo}" in await api.log(service)

    use(world, act)


def test_a_commit_can_be_asked_for(world: World, repo: str, tmp_path: Path) -> None:
    old = git(tmp_path / "repo", "rev-parse", "HEAD").strip()
    commit(tmp_path / "repo", {"index.html": "newer"})

    async def act(api: Api) -> None:
        plain = static_site(api.owner, repo, buildCommand="", publishPath=".")
        service = await api.create(plain)
        assert (await visit(address(service))).text == "newer"
        deploy = await api.deploy(service, commitId=old)
        assert deploy["commit"]["id"] == old
        assert (await visit(address(service))).text == "hello"
        path = f"/services/{service['id']}/deploys"
        await api.refused("POST", path, {"commitId": "f" * 40}, 400)

    use(world, act)


def test_a_deploy_during_another_is_queued_without_an_id(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        path = f"/services/{service['id']}/deploys"
        await api.ask("POST", path, {}, 201)
        assert await api.ask("POST", path, {}, 202) is None
        assert await api.ask("POST", path, {}, 202) is None
        found = await api.ask("GET", f"{path}?status=queued")
        assert len(found) == 1
        await api.render.deploys.settled()
        statuses = [deploy["status"] for deploy in await api.deploys(service)]
        assert statuses == ["live", "canceled", "deactivated", "deactivated"]

    use(world, act)


def test_a_canceled_deploy_ends_its_build(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        body = static_site(api.owner, repo, buildCommand="echo begun; sleep 600")
        made = await api.ask("POST", "/services", body, 201)
        service, deploy = made["service"], made["deployId"]
        build = f"build {deploy}"
        while not world.processes.running(build):  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)
        path = f"/services/{service['id']}/deploys/{deploy}/cancel"
        assert (await api.ask("POST", path))["status"] == "canceled"
        assert not world.processes.running(build)
        assert "already canceled" in await api.refused("POST", path, None, 400)
        assert (await visit(address(service))).status_code == 404

    use(world, act)


def test_a_rollback_serves_the_earlier_build_again(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        (first,) = await api.deploys(service)
        await put_colour(api, service, "red")
        await api.deploy(service)
        path = f"/services/{service['id']}/rollback"
        made = await api.ask("POST", path, {"deployId": first["id"]}, 201)
        assert made["trigger"] == "rollback"
        await api.render.deploys.settled()
        assert (await visit(address(service))).text == "built with \n"
        await api.refused("POST", path, {"deployId": "dep-other"}, 404)

    use(world, act)


def test_a_web_service_runs_with_its_variables(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        body = web_service(api.owner, repo, "python3 server.py", healthCheckPath="/")
        service = await api.create(body | {"envVars": [{"key": "COLOUR", "value": "blue"}]})
        assert (await visit(address(service))).text == "blue"
        await put_colour(api, service, "red")
        assert (await visit(address(service))).text == "blue"
        await api.deploy(service)
        assert (await visit(address(service))).text == "red"
        assert len(world.processes.all()) == 1
        assert "starting" in await api.log(service, "app")

    use(world, act)
    assert world.processes.all() == []


def test_an_unhealthy_process_never_replaces_the_old_one(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(web_service(api.owner, repo, "python3 server.py"))
        await put_colour(api, service, "red")
        change = {"serviceDetails": {"healthCheckPath": "/sick"}}
        await api.ask("PATCH", f"/services/{service['id']}", change)
        world.set_setting("render.health_seconds", 0.3)
        assert (await api.deploy(service))["status"] == "update_failed"
        assert "/sick did not answer 2xx or 3xx" in await api.log(service)
        assert (await visit(address(service))).text == "none"
        assert len(world.processes.all()) == 1

    use(world, act)


def test_a_process_that_ends_at_once_fails_the_deploy(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(web_service(api.owner, repo, "sh -c 'exit 5'"))
        assert [deploy["status"] for deploy in await api.deploys(service)] == ["update_failed"]
        assert "Exited with status 5" in await api.log(service)
        assert (await visit(address(service))).status_code == 502

    use(world, act)


def test_a_suspended_service_answers_nothing_until_it_is_resumed(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(web_service(api.owner, repo, "python3 server.py"))
        path = f"/services/{service['id']}"
        await api.ask("POST", f"{path}/suspend", None, 202)
        assert (await api.ask("GET", path))["suspenders"] == ["user"]
        assert (await visit(address(service))).status_code == 503
        assert "resume it first" in await api.refused("POST", f"{path}/deploys", {}, 409)
        await api.ask("POST", f"{path}/resume", None, 202)
        await api.render.deploys.settled()
        assert (await visit(address(service))).text == "none"
        assert (await api.deploys(service))[0]["trigger"] == "service_resumed"

    use(world, act)


def test_services_run_again_after_a_restart_with_what_they_had(world: World, repo: str) -> None:
    made: list[Json] = []

    async def before(api: Api) -> None:
        made.append(await api.create(static_site(api.owner, repo)))
        body = web_service(api.owner, repo, "python3 server.py")
        made.append(await api.create(body | {"envVars": [{"key": "COLOUR", "value": "blue"}]}))
        await put_colour(api, made[1], "red")

    async def after(_api: Api) -> None:
        assert (await visit(address(made[0]))).text == "built with \n"
        assert (await visit(address(made[1]))).text == "blue"

    use(world, before)
    use(world, after)


def test_a_deploy_that_was_cut_off_goes_on_after_a_restart(world: World, repo: str) -> None:
    made: list[Json] = []

    async def before(api: Api) -> None:
        world.set_setting("render.queue_seconds", 600)
        made.append(await api.ask("POST", "/services", static_site(api.owner, repo), 201))

    async def after(api: Api) -> None:
        await api.render.deploys.settled()
        service = made[0]["service"]
        assert [deploy["status"] for deploy in await api.deploys(service)] == ["live"]

    use(world, before)
    use(world, after)


def test_logs_are_pages_in_time(world: World, repo: str) -> None:
    async def act(api: Api) -> None:
        service = await api.create(static_site(api.owner, repo))
        query = f"ownerId={api.owner}&resource={service['id']}"
        newest = await api.ask("GET", f"/logs?{query}&limit=1")
        assert newest["hasMore"] is True
        assert "live" in newest["logs"][0]["message"]
        labels = {label["name"]: label["value"] for label in newest["logs"][0]["labels"]}
        assert labels["resource"] == service["id"]
        await api.refused("GET", f"/logs?resource={service['id']}", None, 400)

    use(world, act)


def test_the_scenarios_web_app_is_cloned_built_and_served(world: World) -> None:
    url = "https://github.com/voip-accelerator/web"
    world.store.put("render.repo", url, {"url": url, "folder": "web-app"})

    async def act(api: Api) -> None:
        body = static_site(api.owner, url, buildCommand="sh build.sh")
        values = {"VITE_APP_ENV": 'sta"g\\ing', "VITE_SUPABASE_URL": "http://127.0.0.1:1/ref"}
        entries = [{"key": key, "value": value} for key, value in values.items()]
        service = await api.create(body | {"envVars": entries, "branch": "develop"})
        assert "VoIP Accelerator" in (await visit(address(service))).text
        script = (await visit(address(service) + "/app.js")).text
        assert r'environment: "sta\"g\\ing",' in script
        assert 'supabaseUrl: "http://127.0.0.1:1/ref",' in script
        assert "anonKey: undefined," in script
        assert "import.meta.env.VITE_APP_ENV" not in script

    use(world, act)
