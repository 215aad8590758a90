"""A project that somebody deployed to before us: what the first preview and the first `up` say."""

import pytest

from tests.engine import Failed, Killed, Program
from tests.sandbox.lifecycle.supabase.shop import (
    KEY,
    REF,
    changed,
    play,
    program,
    put_secret,
    redeploy,
    secrets,
    versions,
    with_secrets,
)
from tests.sandbox.lifecycle.worlds import Bench

FUNCTIONS_TAKEN = "info: takes over functions of others: pay (version 2)"
FUNCTIONS_LEFT = "info: leaves functions alone that are not declared: export, import"
SECRETS_TAKEN = "info: overwrites secrets of others: LEVEL"
SECRETS_LEFT = "info: leaves secrets alone that are not declared: BUCKET"


async def strangers(shop: Bench) -> None:
    for slug in ("pay", "pay", "import", "export"):
        await redeploy(shop, slug)
    put_secret(shop, "LEVEL", "a stranger's")
    put_secret(shop, "BUCKET", "a stranger's")


def adopting(shop: Bench) -> Program:
    """The shop, with both switches on and the project known in a preview."""
    taken = changed(program(shop), "functions", project=REF, adopt=True)
    return changed(taken, "secrets", project=REF, adopt=True)


def test_the_first_preview_says_what_it_takes_over_and_what_stays(shop: Bench) -> None:
    async def scene() -> None:
        await strangers(shop)
        before = shop.writes()
        await shop.engine.preview(adopting(shop))
        for line in (FUNCTIONS_TAKEN, FUNCTIONS_LEFT, SECRETS_TAKEN, SECRETS_LEFT):
            assert line in shop.log.lines
        assert shop.writes() == before
        assert not [line for line in shop.log.lines if KEY in line or "a stranger's" in line]

    play(shop, scene)


def test_the_first_up_says_so_too_and_later_ones_do_not(shop: Bench) -> None:
    async def scene() -> None:
        await strangers(shop)
        await shop.engine.up(adopting(shop))
        for line in (FUNCTIONS_TAKEN, FUNCTIONS_LEFT, SECRETS_TAKEN, SECRETS_LEFT):
            assert shop.log.lines.count(line) == 1
        assert versions(shop) == {"pay": 3, "refund": 1, "ping": 1, "import": 1, "export": 1}
        assert secrets(shop)["BUCKET"] == "a stranger's"
        shop.log.lines.clear()
        await shop.engine.up(adopting(shop))
        assert "others" not in shop.log

    play(shop, scene)


@pytest.mark.parametrize(("name", "word"), [("functions", "pay"), ("secrets", "LEVEL")])
def test_without_the_switch_the_preview_refuses_already(shop: Bench, name: str, word: str) -> None:
    async def scene() -> None:
        await strangers(shop)
        with pytest.raises(Failed, match=rf"REFUSED: .*{word}.*exists already.*adopt=True"):
            await shop.engine.preview(changed(adopting(shop), name, adopt=False))

    play(shop, scene)


@pytest.mark.parametrize("name", ["functions", "secrets"])
def test_what_a_killed_run_of_ours_left_is_nobody_elses(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(program(shop), kill_after=name)
        mended = changed(with_secrets(program(shop), LEVEL="debug"), name, project=REF)
        await shop.engine.preview(mended)
        assert "others" not in shop.log

    play(shop, scene)


def test_an_empty_project_needs_no_word(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.preview(adopting(shop))
        assert "others" not in shop.log
        assert "alone" not in shop.log

    play(shop, scene)
