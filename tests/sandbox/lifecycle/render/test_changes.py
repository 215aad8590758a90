"""What a change of a service, its variables or its commit costs, and what it deploys."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.engine import Declared, Program
from tests.sandbox.lifecycle.render.shop import (
    BACKEND,
    NAMES,
    ONCE,
    alive,
    changed,
    commit,
    deploys,
    services,
    set_variable,
    variables,
    visit,
    with_title,
    without,
)
from tests.sandbox.lifecycle.worlds import Bench, everything


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
