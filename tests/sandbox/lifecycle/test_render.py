"""The life of the Render resources: service, variables and deploy, with real builds."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.sandbox.faults import Fault
from stackwright.sandbox.render import routes
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, bench, everything, hidden

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


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    made = bench(tmp_path, {"render": routes.app})
    made.world.set_setting("render.queue_seconds", 0.02)
    return made


@pytest.fixture
def repo(tmp_path: Path) -> str:
    """A repository with one commit on `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("A shop.\n")
    commit(folder, "Open the shop")
    return str(folder)


def commit(folder: Path, message: str) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        **{f"GIT_{who}_NAME": "Shop" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "shop@example.com" for who in ("AUTHOR", "COMMITTER")},
    }
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", message]):
        subprocess.run(["git", *command], cwd=folder, check=True, env=environment)


@pytest.fixture
def program(repo: str) -> Program:
    return {
        "service": Declared("stackwright:render:Service", {**SITE, "repo": repo}),
        "env": Declared(
            "stackwright:render:EnvVars",
            {
                "service": Ref("service"),
                "values": {"VITE_TITLE": "Shop", "BUILD_PASSWORD": hidden(PRIVATE)},
            },
        ),
        "deploy": Declared(
            "stackwright:render:Deploy",
            {
                "service": Ref("service"),
                "revisions": {
                    "service": Ref("service", "revision"),
                    "env": Ref("env", "revision"),
                },
            },
        ),
    }


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


def test_creates_all_with_one_deploy_then_a_second_run_writes_nothing(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        assert await shop.engine.up(program) == [f"create {name}" for name in NAMES]
        assert await visit(shop) == "Shop"
        assert len(deploys(shop)) == 1
        before = shop.writes()
        assert await shop.engine.up(program) == []
        assert shop.writes() == before
        assert alive(shop) == ONCE

    shop.run(scene)


def test_the_first_deploy_that_render_starts_unasked_is_canceled(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        first, _ours = shop.world.store.all("render.deploy")
        assert first["status"] == "canceled"
        (service,) = services(shop)
        assert service["autoDeploy"] == "no"

    shop.run(scene)


def test_a_plain_preview_asks_only_who_we_are(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        writes, requests = shop.writes(), shop.requests()
        assert await shop.engine.preview(program) == []
        assert shop.requests() == requests + 1
        expected = ["update env", "update deploy"]
        assert await shop.engine.preview(with_title(program, "New")) == expected
        assert shop.writes() == writes

    shop.run(scene)


def test_the_preview_of_a_change_tells_what_else_it_will_set_back(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        set_variable(shop, "BUILD_PASSWORD", "another secret")
        await shop.engine.preview(with_title(program, "New"))
        assert "changed outside, will be set back: values.BUILD_PASSWORD" in shop.log
        assert "another secret" not in everything(shop)

    shop.run(scene)


def test_a_first_preview_writes_nothing(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(program)) == 3
        assert shop.writes() == 0

    shop.run(scene)


@pytest.mark.parametrize(
    "inputs",
    [
        {"name": "boutique"},
        {"branch": "next"},
        {"build_command": "mkdir -p dist && date > dist/index.html"},
        {"publish_path": "."},
        {"root_dir": "."},
    ],
)
def test_a_changed_field_of_the_service_is_one_write_and_one_deploy(
    shop: Bench, program: Program, repo: str, inputs: dict[str, Any]
) -> None:
    subprocess.run(["git", "branch", "next"], cwd=repo, check=True)

    async def scene() -> None:
        await shop.engine.up(program)
        before, writes = shop.engine.saved("service").id, shop.writes()
        operations = await shop.engine.up(changed(program, "service", **inputs))
        assert operations == ["update service", "update deploy"]
        assert shop.writes() == writes + 2
        assert shop.engine.saved("service").id == before

    shop.run(scene)


@pytest.mark.parametrize(
    "inputs",
    [
        {"routes": []},
        {"routes": [{"type": "redirect", "source": "/old", "destination": "/"}]},
        {"headers": [{"path": "/*", "name": "X-Frame-Options", "value": "DENY"}]},
    ],
)
def test_changed_rules_are_one_write_and_no_deploy(
    shop: Bench, program: Program, inputs: dict[str, Any]
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        writes, new = shop.writes(), changed(program, "service", **inputs)
        assert await shop.engine.preview(new) == ["update service"]
        assert await shop.engine.up(new) == ["update service"]
        assert shop.writes() == writes + 1
        assert await shop.engine.up(new) == []

    shop.run(scene)


def test_rules_that_are_no_longer_declared_are_removed(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await shop.engine.up(without(program, "service", "routes"))
        (service,) = services(shop)
        found = shop.world.store.get("render.routes", service["id"])
        assert found is None or found["items"] == []

    shop.run(scene)


def test_a_folder_that_is_no_longer_declared_is_cleared(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(changed(program, "service", root_dir="."))
        await shop.engine.up(program)
        (service,) = services(shop)
        assert service["rootDir"] == ""

    shop.run(scene)


def test_one_changed_variable_is_exactly_one_deploy(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        writes = shop.writes()
        operations = await shop.engine.up(with_title(program, "Boutique"))
        assert operations == ["update env", "update deploy"]
        assert shop.writes() == writes + 2
        assert len(deploys(shop)) == 2
        assert await visit(shop) == "Boutique"
        assert await shop.engine.up(with_title(program, "Boutique")) == []

    shop.run(scene)


def test_a_variable_that_is_no_longer_declared_is_removed(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await shop.engine.up(changed(program, "env", values={"VITE_TITLE": "Shop"}))
        assert variables(shop) == {"VITE_TITLE": "Shop"}

    shop.run(scene)


def test_a_new_commit_is_deployed_and_the_branch_again_without_it(
    shop: Bench, program: Program, repo: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        old = deploys(shop)[0]["commit"]["id"]
        (Path(repo) / "new.txt").write_text("new")
        commit(Path(repo), "Add a file")
        pinned = changed(program, "deploy", commit=old)
        assert await shop.engine.up(pinned) == ["update deploy"]
        assert await shop.engine.up(program) == ["update deploy"]
        commits = [deploy["commit"]["id"] for deploy in deploys(shop)]
        assert commits[:2] == [old, old]
        assert commits[2] != old

    shop.run(scene)


def test_another_type_replaces_the_service_and_all_that_belongs_to_it(
    shop: Bench, program: Program, repo: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        other = {**BACKEND, "name": "shop", "repo": repo}
        new = {**program, "service": Declared(program["service"].token, other)}
        await shop.engine.up(new)
        (service,) = services(shop)
        assert service["type"] == "web_service"
        assert alive(shop) == ONCE
        assert await shop.engine.up(new) == []

    shop.run(scene)


def test_what_vanished_is_made_again_after_a_refresh(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        (service,) = services(shop)
        await delete(shop, service["id"])
        await shop.engine.refresh()
        assert await shop.engine.up(program) == [f"create {name}" for name in NAMES]
        assert alive(shop) == ONCE

    shop.run(scene)


async def delete(shop: Bench, service: str) -> None:
    """As somebody does it in Render's dashboard."""
    await call(shop, "DELETE", f"/services/{service}")


async def call(shop: Bench, method: str, path: str) -> httpx.Response:
    key = shop.world.credentials("render")["api_key"]
    transport = httpx.ASGITransport(shop.apps["render"])
    async with httpx.AsyncClient(transport=transport, base_url="http://render.test/v1") as client:
        answer = await client.request(method, path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code < 300, answer.text
    return answer


def test_without_a_refresh_a_vanished_service_is_told_with_advice(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        (service,) = services(shop)
        await delete(shop, service["id"])
        with pytest.raises(Failed, match=r"is gone\. Run `pulumi up --refresh`"):
            await shop.engine.up(with_title(program, "New"))

    shop.run(scene)


def test_a_refresh_of_untouched_objects_finds_no_drift(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await shop.engine.refresh()
        assert await shop.engine.preview(program) == []

    shop.run(scene)


def test_a_variable_changed_by_hand_is_set_back_after_a_refresh(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        set_variable(shop, "VITE_TITLE", "by hand")
        await shop.engine.refresh()
        assert await shop.engine.up(program) == ["update env", "update deploy"]
        assert await visit(shop) == "Shop"

    shop.run(scene)


def test_a_service_changed_by_hand_is_set_back_after_a_refresh(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        edit_service(shop, branch="by-hand")
        await shop.engine.refresh()
        assert await shop.engine.up(program) == ["update service", "update deploy"]
        (service,) = services(shop)
        assert service["branch"] == "main"

    shop.run(scene)


def test_what_was_never_declared_stays_as_the_vendor_has_it(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        edit_service(shop, rootDir=".")
        await shop.engine.refresh()
        assert await shop.engine.preview(program) == []
        await shop.engine.up(changed(program, "service", branch="main", name="boutique"))
        (service,) = services(shop)
        assert service["rootDir"] == "."

    shop.run(scene)


def test_variables_of_others_stay_and_are_listed(shop: Bench, program: Program) -> None:
    """Accident A18: a full replace removed the keys that were set in the dashboard."""

    async def scene() -> None:
        await shop.engine.up(program)
        set_variable(shop, "DASHBOARD", "keep me")
        await shop.engine.up(with_title(program, "New"))
        assert variables(shop)["DASHBOARD"] == "keep me"
        assert shop.engine.saved("env").outputs["unmanaged"] == ["DASHBOARD"]
        await shop.engine.up({"service": program["service"]})
        assert variables(shop) == {"DASHBOARD": "keep me"}

    shop.run(scene)


def test_an_import_needs_no_change(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        two = {name: program[name] for name in ("service", "env")}
        await shop.engine.up(two)
        identifier = shop.engine.saved("service").id
        shop.engine.state.clear()
        for name, declared in two.items():
            assert await shop.engine.read(declared.token, name, identifier) is not None
        assert await shop.engine.up(two) == []

    shop.run(scene)


def test_variables_that_nobody_marked_can_be_imported_and_private_ones_are_hidden(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up({"service": program["service"]})
        set_variable(shop, "BUILD_PASSWORD", PRIVATE)
        set_variable(shop, "VITE_TITLE", "Shop")
        service = shop.engine.saved("service").id
        saved = await shop.engine.read(program["env"].token, "env", service)
        assert saved is not None
        assert set(saved.inputs["values"]) == {"VITE_TITLE", "BUILD_PASSWORD"}
        assert PRIVATE not in everything(shop)
        two = {name: program[name] for name in ("service", "env")}
        assert await shop.engine.preview(two) == []

    shop.run(scene)


def test_a_service_without_a_declared_region_is_not_replaced_after_an_import(
    shop: Bench, repo: str
) -> None:
    async def scene() -> None:
        full = Declared("stackwright:render:Service", {**BACKEND, "repo": repo})
        await shop.engine.up({"api": full})
        identifier = shop.engine.saved("api").id
        del shop.engine.state[full.urn("api")]
        await shop.engine.read(full.token, "api", identifier)
        fields = {key: value for key, value in full.inputs.items() if key != "region"}
        await shop.engine.up({"api": Declared(full.token, fields)})
        assert [service["id"] for service in services(shop)] == [identifier]

    shop.run(scene)


def test_destroy_twice_then_up_brings_all_back(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        assert alive(shop) == (0, 0, 0)
        shop.engine.state = state
        await shop.engine.destroy()
        await shop.engine.up(program)
        assert alive(shop) == ONCE
        assert await visit(shop) == "Shop"

    shop.run(scene)


def test_removed_variables_are_deleted_twice_without_an_error(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        state = dict(shop.engine.state)
        await shop.engine.up({"service": program["service"]})
        assert variables(shop) == {}
        shop.engine.state = state
        await shop.engine.up({"service": program["service"]})

    shop.run(scene)


@pytest.mark.parametrize("name", NAMES)
def test_killed_after_the_answer_the_next_run_has_it_once(
    shop: Bench, program: Program, name: str
) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(program, kill_after=name)
        await shop.engine.up(program)
        assert alive(shop) == ONCE
        assert len(deploys(shop)) == 1
        assert await shop.engine.up(program) == []

    shop.run(scene)


@pytest.mark.parametrize("first", [True, False])
def test_killed_in_the_wait_the_next_run_waits_for_the_same_deploy(
    shop: Bench, program: Program, first: bool
) -> None:
    async def scene() -> None:
        if not first:
            await shop.engine.up(program)
        before = len(deploys(shop))
        new = with_title(program, "Slow")
        new = changed(new, "service", build_command=f"sleep 0.3; {SITE['build_command']}")
        run = asyncio.create_task(shop.engine.up(new))
        while len(deploys(shop, "build_in_progress")) == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await shop.engine.up(new)
        assert len(deploys(shop)) == before + 1
        assert await visit(shop) == "Slow"

    shop.run(scene)


def renaming(program: Program, name: str) -> Program:
    def point(value: Any) -> Any:
        if isinstance(value, Ref):
            return Ref("renamed", value.output) if value.resource == name else value
        if isinstance(value, dict):
            return {key: point(item) for key, item in value.items()}
        return value

    return {
        ("renamed" if key == name else key): Declared(value.token, point(value.inputs))
        for key, value in program.items()
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_a_renamed_resource_lives_once(
    shop: Bench, program: Program, name: str, killed: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await survives(shop, renaming(program, name), killed)

    shop.run(scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["killed", "refreshed"])
def test_a_resource_moved_under_a_component_lives_once(
    shop: Bench, program: Program, name: str, killed: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        old = program[name]
        moved = Declared(old.token, old.inputs, parent="shop:Web")
        await survives(shop, {**program, name: moved}, killed)

    shop.run(scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "refreshed"])
def test_up_with_replace_leaves_it_living_once(
    shop: Bench, program: Program, name: str, killed: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await survives(shop, program, killed, replace=frozenset({name}))

    shop.run(scene)


async def survives(shop: Bench, program: Program, killed: str, **options: Any) -> None:
    """`killed` before the Delete, or so and `refreshed` after it."""
    service = services(shop)[0]["id"]
    if killed:
        with pytest.raises(Killed):
            await shop.engine.up(program, kill_before_delete=True, **options)
    if killed == "refreshed":
        await shop.engine.refresh()
    await shop.engine.up(program, **options)
    assert alive(shop) == ONCE
    assert services(shop)[0]["id"] == service
    assert await visit(shop) == "Shop"
    assert await shop.engine.up(program) == []


def test_a_strangers_service_is_refused_by_name(shop: Bench, program: Program) -> None:
    """Accident A35: it entered the state as broken and was deleted by the next run."""

    async def scene() -> None:
        await shop.engine.up({"service": program["service"]})
        set_variable(shop, "STACKWRIGHT_OWNER", None)
        shop.engine.state.clear()
        writes = shop.writes()
        with pytest.raises(Failed, match="REFUSED: the Render service shop exists") as failure:
            await shop.engine.up(program)
        assert "adopt=True" in str(failure.value)
        assert shop.engine.state == {}
        assert shop.writes() == writes
        await shop.engine.up(changed(program, "service", adopt=True))
        assert len(services(shop)) == 1

    shop.run(scene)


def test_another_stacks_service_is_refused_by_the_stacks_name(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up({"service": program["service"]})
        set_variable(shop, "STACKWRIGHT_OWNER", "shop/prod#0123456789ab")
        shop.engine.state.clear()
        with pytest.raises(Failed, match="belongs to stack shop/prod"):
            await shop.engine.up(program)

    shop.run(scene)


def test_a_strangers_variable_of_another_value_is_refused_by_its_name(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up({"service": program["service"]})
        set_variable(shop, "VITE_TITLE", "a stranger's")
        with pytest.raises(Failed, match=r"variables \(VITE_TITLE\).*adopt=True"):
            await shop.engine.up(program)
        await shop.engine.up(changed(program, "env", adopt=True))
        assert variables(shop)["VITE_TITLE"] == "Shop"

    shop.run(scene)


def test_an_adopted_service_of_another_type_is_refused(
    shop: Bench, program: Program, repo: str
) -> None:
    async def scene() -> None:
        await shop.engine.up({"service": program["service"]})
        shop.engine.state.clear()
        other = {**BACKEND, "name": "shop", "repo": repo, "adopt": True}
        with pytest.raises(Failed, match="exists already with another type"):
            await shop.engine.up({"service": Declared(program["service"].token, other)})
        assert len(services(shop)) == 1

    shop.run(scene)


def test_the_same_service_declared_twice_is_refused(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match="the Render service shop is declared twice"):
            await shop.engine.up({**program, "other": program["service"]})

    shop.run(scene)


@pytest.mark.parametrize("name", NAMES)
def test_state_of_another_account_is_never_acted_upon(
    shop: Bench, program: Program, name: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        shop.engine.saved(name).outputs["stackwright"]["account"] = "tea-other"
        writes = shop.writes()
        with pytest.raises(Failed, match="was made in account tea-other"):
            await shop.engine.up(program)
        with pytest.raises(Failed, match="REFUSED"):
            await shop.engine.refresh()
        assert shop.writes() == writes

    shop.run(scene)


def test_private_variables_are_wrapped_wherever_they_go(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await shop.engine.refresh()
        assert PRIVATE not in everything(shop)
        await shop.engine.up(with_title(program, "New"))
        assert variables(shop)["BUILD_PASSWORD"] == PRIVATE
        assert PRIVATE not in everything(shop)

    shop.run(scene)


@pytest.mark.parametrize("path", ["/services$", "/deploys$"])
def test_a_post_whose_answer_is_lost_is_made_once(shop: Bench, program: Program, path: str) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("lost", "render", "POST", path))
        await shop.engine.up(program)
        assert alive(shop) == ONCE
        assert len(deploys(shop)) == 1

    shop.run(scene)


def test_variables_whose_answer_was_lost_are_deployed_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    """Accident A36: the next run said "no changes" and the new values never went live."""

    async def scene() -> None:
        await shop.engine.up(program)
        fault = Fault("lost", "render", "PUT", "/env-vars$", times=None)
        shop.world.faults.add(fault)
        new = with_title(program, "New")
        with pytest.raises(Failed):
            await shop.engine.up(new)
        shop.world.faults.clear()
        assert variables(shop)["VITE_TITLE"] == "New"
        assert await shop.engine.up(new) == ["update env", "update deploy"]
        assert await visit(shop) == "New"

    shop.run(scene)


def test_a_deploy_refused_by_a_rate_limit_is_made_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    """Accident A36, the other way."""

    async def scene() -> None:
        await shop.engine.up(program)
        shop.world.faults.add(
            Fault("status", "render", "POST", "/deploys$", status=429, retry_after=3600)
        )
        new = with_title(program, "New")
        with pytest.raises(Failed, match="429"):
            await shop.engine.up(new)
        assert await shop.engine.up(new) == ["update deploy"]
        assert await visit(shop) == "New"

    shop.run(scene)


def test_a_failed_build_keeps_its_id_tells_why_and_is_tried_again(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        broken = "echo compiling with $BUILD_PASSWORD; echo no such module; exit 3"
        with pytest.raises(Failed, match="no such module") as failure:
            await shop.engine.up(changed(program, "service", build_command=broken))
        assert "build_failed" in str(failure.value)
        assert "compiling with ..." in str(failure.value)
        assert PRIVATE not in str(failure.value) + everything(shop)
        assert shop.engine.saved("deploy").unfinished
        with pytest.raises(Failed, match="no such module"):
            await shop.engine.up(changed(program, "service", build_command=broken))
        assert len(deploys(shop, "build_failed")) == 2
        await shop.engine.up(program)
        assert await visit(shop) == "Shop"
        assert await shop.engine.up(program) == []

    shop.run(scene)


def test_a_deploy_that_takes_too_long_is_waited_for_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        slow = changed(program, "service", build_command=f"sleep 0.5; {SITE['build_command']}")
        shop.engine.timeout = 1.0
        with pytest.raises(Failed, match="is still build_in_progress"):
            await shop.engine.up(slow)
        shop.engine.timeout = 0.0
        await shop.engine.up(slow)
        assert len(deploys(shop)) == 1
        assert await visit(shop) == "Shop"

    shop.run(scene)


def test_a_deploy_that_cannot_be_asked_about_keeps_its_id(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("reset", "render", "GET", "/deploys/dep-", times=None))
        with pytest.raises(Failed):
            await shop.engine.up(program)
        assert shop.engine.saved("deploy").unfinished
        shop.world.faults.clear()
        assert await shop.engine.up(program) == ["update deploy"]
        assert len(deploys(shop)) == 1

    shop.run(scene)


def test_a_suspended_service_is_updated_without_a_deploy_and_says_so(
    shop: Bench, program: Program
) -> None:
    """Accident A20: a suspended service could never be updated again."""

    async def scene() -> None:
        await shop.engine.up(program)
        (service,) = services(shop)
        await call(shop, "POST", f"/services/{service['id']}/suspend")
        new = with_title(program, "New")
        await shop.engine.up(new)
        assert "shop is suspended: updated without a deploy" in shop.log
        assert variables(shop)["VITE_TITLE"] == "New"
        assert len(deploys(shop)) == 1
        assert await shop.engine.up(new) == []

    shop.run(scene)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VITE_STRIPE_SECRET_KEY", "anything"),
        ("VITE_KEY", "sk_live_51Hshop"),
        ("NEXT_PUBLIC_DB", "postgresql://postgres@db/shop"),
    ],
)
def test_a_secret_in_a_public_variable_is_refused_by_its_name(
    shop: Bench, program: Program, name: str, value: str
) -> None:
    """Accident A29: a secret key was built into the browser's bundle."""

    async def scene() -> None:
        leaking = changed(program, "env", values={"VITE_TITLE": "Shop", name: value})
        with pytest.raises(Failed, match=rf"values\.{name}: holds a secret") as failure:
            await shop.engine.preview(leaking)
        assert value not in str(failure.value)

    shop.run(scene)


def test_one_unknown_variable_does_not_hide_what_leaks_beside_it(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        values = {"VITE_ID": Ref("service"), "VITE_KEY": "sk_live_51Hshop"}
        with pytest.raises(Failed, match=r"values\.VITE_KEY: holds a secret"):
            await shop.engine.preview(changed(program, "env", values=values))

    shop.run(scene)


def test_a_web_service_runs_and_its_fields_change_in_place(shop: Bench, repo: str) -> None:
    async def scene() -> None:
        token = "stackwright:render:Service"
        service = Declared(token, {**BACKEND, "repo": repo})
        deploy = Declared(
            "stackwright:render:Deploy",
            {"service": Ref("api"), "revisions": {"service": Ref("api", "revision")}},
        )
        program: Program = {"api": service, "deploy": deploy}
        await shop.engine.up(program)
        assert "README.md" in await visit(shop)
        for inputs in (
            {"plan": "standard"},
            {"start_command": "python3 -m http.server $PORT --bind 127.0.0.1"},
            {"health_check_path": "/README.md"},
            {"runtime": "node"},
        ):
            writes = shop.writes()
            await shop.engine.up(changed({"api": service}, "api", **inputs))
            assert shop.writes() == writes + 1
        await shop.engine.refresh()
        assert await shop.engine.preview(changed({"api": service}, "api", **inputs)) == []

    shop.run(scene)


def test_a_web_service_that_does_not_start_tells_the_end_of_its_log(shop: Bench, repo: str) -> None:
    async def scene() -> None:
        service = Declared(
            "stackwright:render:Service",
            {**BACKEND, "repo": repo, "start_command": "sh -c 'echo no database; exit 1'"},
        )
        deploy = Declared(
            "stackwright:render:Deploy",
            {"service": Ref("api"), "revisions": {"service": Ref("api", "revision")}},
        )
        with pytest.raises(Failed, match="update_failed"):
            await shop.engine.up({"api": service, "deploy": deploy})

    shop.run(scene)
