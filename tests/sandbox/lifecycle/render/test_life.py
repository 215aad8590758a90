"""Refresh, import, removal, kills, moves and strangers."""

import asyncio
from typing import Any

import pytest

from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.render.shop import (
    BACKEND,
    NAMES,
    ONCE,
    PRIVATE,
    SITE,
    alive,
    call,
    changed,
    deploys,
    edit_service,
    services,
    set_variable,
    variables,
    visit,
    with_title,
)
from tests.sandbox.lifecycle.worlds import Bench, everything


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


def test_a_variable_that_is_new_in_the_program_and_somebody_elses_is_refused(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        set_variable(shop, "VITE_LEVEL", "a stranger's")
        values = {**program["env"].inputs["values"], "VITE_LEVEL": "info"}
        with pytest.raises(Failed, match=r"variables \(VITE_LEVEL\).*adopt=True"):
            await shop.engine.up(changed(program, "env", values=values))
        assert variables(shop)["VITE_LEVEL"] == "a stranger's"

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
