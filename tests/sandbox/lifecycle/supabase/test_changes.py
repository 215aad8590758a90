"""What a change of a secret, a source or a project costs."""

import pytest

from stackwright.sandbox.supabase import projects
from tests.engine import Failed
from tests.sandbox.lifecycle.supabase.shop import (
    KEY,
    NAMES,
    ONCE,
    OTHER,
    REF,
    VERIFY,
    alive,
    changed,
    functions,
    play,
    program,
    secrets,
    with_secrets,
)
from tests.sandbox.lifecycle.worlds import Bench


def test_creates_all_then_a_second_run_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        whole = program(shop)
        assert await shop.engine.up(whole) == [f"create {name}" for name in NAMES]
        before = shop.writes()
        assert await shop.engine.up(whole) == []
        assert shop.writes() == before
        assert alive(shop) == ONCE
        assert secrets(shop) == {"STRIPE_SECRET_KEY": KEY, "LEVEL": "info"}

    play(shop, scene)


def test_the_functions_of_a_group_are_published_at_once(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        assert shop.writes("/functions/deploy$") == 3
        assert shop.writes("/functions$") == 1

    play(shop, scene)


def test_a_plain_preview_asks_only_who_we_are(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes, requests = shop.writes(), shop.requests()
        assert await shop.engine.preview(program(shop)) == []
        assert shop.requests() == requests + 1
        new = with_secrets(program(shop), LEVEL="debug")
        assert await shop.engine.preview(new) == ["update secrets"]
        assert shop.writes() == writes

    play(shop, scene)


def test_a_first_preview_writes_nothing_and_knows_the_project(shop: Bench) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(program(shop))) == 3
        assert shop.writes() == 0

    play(shop, scene)


def test_a_changed_secret_is_one_write_of_that_secret(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes, old = shop.writes(), shop.engine.saved("secrets").outputs["revision"]
        new = with_secrets(program(shop), LEVEL="debug")
        assert await shop.engine.up(new) == ["update secrets"]
        assert shop.writes() == writes + 1
        assert secrets(shop)["LEVEL"] == "debug"
        assert shop.engine.saved("secrets").outputs["revision"] != old

    play(shop, scene)


def test_a_secret_that_is_no_longer_declared_is_one_write(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(changed(program(shop), "secrets", values={"LEVEL": "info"}))
        assert shop.writes() == writes + 1
        assert secrets(shop) == {"LEVEL": "info"}

    play(shop, scene)


def test_a_changed_token_check_uploads_that_function_only(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(program(shop, {**VERIFY, "ping": True}))
        assert shop.writes() == writes + 2
        assert functions(shop)["ping"]["verify_jwt"] is True

    play(shop, scene)


def test_a_function_that_is_no_longer_declared_is_deleted(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(program(shop, {"pay": True, "ping": False}))
        assert shop.writes() == writes + 1
        assert set(functions(shop)) == {"pay", "ping"}

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_another_group_replaces_the_old_one(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        new = changed(program(shop), name, group="other")
        assert await shop.engine.up(new) == [f"delete {name}", f"create {name}"]
        assert alive(shop) == ONCE
        assert await shop.engine.up(new) == []

    play(shop, scene)


def test_another_project_replaces_all(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        new = changed(program(shop), "project", ref=OTHER)
        await shop.engine.up(new)
        assert alive(shop) == (0, 0, 0)
        assert len(secrets(shop, OTHER)) == 2
        assert set(functions(shop, OTHER)) == set(VERIFY)
        assert await shop.engine.up(new) == []

    play(shop, scene)


def test_a_project_in_another_region_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        wrong = changed(program(shop), "project", region="eu-west-1")
        with pytest.raises(Failed, match="is in us-east-1, but eu-west-1 is declared"):
            await shop.engine.preview(wrong)

    play(shop, scene)


def test_a_paused_project_is_refused_with_advice(shop: Bench) -> None:
    async def scene() -> None:
        projects.set_status(shop.world, REF, "INACTIVE")
        with pytest.raises(Failed, match=r"is INACTIVE\. Restore it in the dashboard"):
            await shop.engine.preview(program(shop))

    play(shop, scene)


def test_a_project_that_the_token_cannot_see_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        unknown = changed(program(shop), "project", ref="c" * 20)
        with pytest.raises(Failed, match=f"no Supabase project {'c' * 20}"):
            await shop.engine.preview(unknown)

    play(shop, scene)
