"""Refresh, import, removal, kills and moves."""

from typing import Any

import pytest

from stackwright.sandbox.faults import Fault
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.supabase.shop import (
    NAMES,
    ONCE,
    REF,
    VERIFY,
    alive,
    drop_marks,
    every_secret,
    functions,
    play,
    program,
    put_secret,
    redeploy,
    secrets,
    with_secrets,
)
from tests.sandbox.lifecycle.worlds import Bench


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_what_vanished_is_made_again_after_a_refresh(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        kind = "supabase.secret" if name == "secrets" else "supabase.function"
        for document in shop.world.store.find(kind, ref=REF):
            shop.world.store.delete(kind, document["key"])
        await shop.engine.refresh()
        assert await shop.engine.up(program(shop)) == [f"create {name}"]
        assert len(secrets(shop)) == 2
        assert set(functions(shop)) == set(VERIFY)

    play(shop, scene)


def test_one_vanished_function_is_uploaded_again_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        shop.world.store.delete("supabase.function", f"{REF}/ping")
        await shop.engine.refresh()
        uploads = shop.writes("/deploy$")
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert shop.writes("/deploy$") == uploads + 1
        assert set(functions(shop)) == set(VERIFY)

    play(shop, scene)


def test_a_refresh_of_untouched_objects_finds_no_drift(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await shop.engine.refresh()
        assert await shop.engine.preview(program(shop)) == []

    play(shop, scene)


def test_a_secret_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        put_secret(shop, "LEVEL", "by hand")
        await shop.engine.refresh()
        writes = shop.writes()
        assert await shop.engine.up(program(shop)) == ["update secrets"]
        assert shop.writes() == writes + 1
        assert secrets(shop)["LEVEL"] == "info"

    play(shop, scene)


def test_a_function_redeployed_by_hand_shows_in_a_refresh_and_is_set_back(shop: Bench) -> None:
    """Accident A31: it stayed unnoticed."""

    async def scene() -> None:
        await shop.engine.up(program(shop))
        ours = functions(shop)["ping"]["ezbr_sha256"]
        await redeploy(shop, "ping")
        assert await shop.engine.preview(program(shop)) == []
        await shop.engine.refresh()
        uploads = shop.writes("bundle|/deploy$")
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert shop.writes("bundle|/deploy$") == uploads + 1
        assert functions(shop)["ping"]["ezbr_sha256"] == ours
        assert functions(shop)["ping"]["verify_jwt"] is False
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


def test_a_token_check_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        pay = functions(shop)["pay"]
        shop.world.store.put("supabase.function", pay["key"], {**pay, "verify_jwt": False})
        await shop.engine.refresh()
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert functions(shop)["pay"]["verify_jwt"] is True

    play(shop, scene)


def test_secrets_and_functions_of_others_stay_and_are_listed(shop: Bench) -> None:
    """Accident A17: all secrets were removed."""

    async def scene() -> None:
        put_secret(shop, "DASHBOARD", "keep me")
        await redeploy(shop, "theirs")
        await shop.engine.up(program(shop))
        assert shop.engine.saved("secrets").outputs["unmanaged"] == ["DASHBOARD"]
        assert shop.engine.saved("functions").outputs["unmanaged"] == ["theirs"]
        await shop.engine.up(with_secrets(program(shop, {"pay": True}), LEVEL="debug"))
        await shop.engine.destroy()
        assert every_secret(shop) == {"DASHBOARD": "keep me"}
        assert set(functions(shop)) == {"theirs"}

    play(shop, scene)


def test_an_imported_project_needs_no_change(shop: Bench) -> None:
    async def scene() -> None:
        one = {"project": program(shop)["project"]}
        saved = await shop.engine.read(one["project"].token, "project", REF)
        assert saved is not None
        assert await shop.engine.up(one) == []

    play(shop, scene)


def test_imported_secrets_are_compared_by_digest_and_sent_only_if_they_differ(
    shop: Bench,
) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        del shop.engine.state[program(shop)["secrets"].urn("secrets")]
        token = program(shop)["secrets"].token
        assert await shop.engine.read(token, "secrets", f"{REF}/default") is not None
        writes = shop.writes()
        assert await shop.engine.up(program(shop)) == ["update secrets"]
        assert shop.writes() == writes
        assert alive(shop) == ONCE

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_a_group_that_nobody_marked_can_be_imported_by_the_projects_ref(
    shop: Bench, name: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        drop_marks(shop)
        item = program(shop)[name]
        del shop.engine.state[item.urn(name)]
        saved = await shop.engine.read(item.token, name, REF)
        assert saved is not None
        assert saved.id == f"{REF}/default"
        await shop.engine.up(program(shop))
        assert alive(shop)[:2] == ONCE[:2]
        await shop.engine.destroy()
        assert alive(shop)[:2] == (0, 0)

    play(shop, scene)


def test_destroy_twice_then_up_brings_all_back(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        assert alive(shop) == (0, 0, 0)
        shop.engine.state = state
        await shop.engine.destroy()
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
def test_killed_after_the_answer_the_next_run_has_it_once(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(program(shop), kill_after=name)
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


@pytest.mark.parametrize("path", ["/secrets$", "/functions$"])
def test_killed_between_two_writes_the_next_run_ends_what_was_begun(shop: Bench, path: str) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("reset", "supabase", path=path, times=None, skip=1))
        with pytest.raises(Failed):
            await shop.engine.up(program(shop))
        shop.world.faults.clear()
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE

    play(shop, scene)


def renaming(program: Program, name: str) -> Program:
    def point(value: Any) -> Any:
        return Ref("renamed") if isinstance(value, Ref) and value.resource == name else value

    return {
        ("renamed" if key == name else key): Declared(
            value.token, {field: point(item) for field, item in value.inputs.items()}
        )
        for key, value in program.items()
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_a_renamed_resource_lives_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await survives(shop, renaming(program(shop), name), killed)

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_a_resource_moved_under_a_component_lives_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        whole = program(shop)
        await shop.engine.up(whole)
        moved = Declared(whole[name].token, whole[name].inputs, parent="shop:Backend")
        await survives(shop, {**whole, name: moved}, killed)

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_up_with_replace_leaves_it_living_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await survives(shop, program(shop), killed, replace=frozenset({name}))

    play(shop, scene)


async def survives(shop: Bench, program: Program, killed: str, **options: Any) -> None:
    """`killed` before the Delete, or so and `refreshed` after it."""
    if killed:
        with pytest.raises(Killed):
            await shop.engine.up(program, kill_before_delete=True, **options)
    if killed == "refreshed":
        await shop.engine.refresh()
    await shop.engine.up(program, **options)
    assert alive(shop) == ONCE
    assert await shop.engine.up(program) == []
