"""The life of a coupon and its promotion code, each from creation to the second deletion."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.stripe import promotion_codes, routes
from stackwright.sandbox.stripe.mode import Mode
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, bench

COUPON = Declared(
    "stackwright:stripe:Coupon",
    {"coupon_id": "beta", "amount_off": 1, "currency": "usd", "name": "Beta testers"},
)
CODE = Declared(
    "stackwright:stripe:PromotionCode",
    {"code": "BETA2025", "coupon": Ref("coupon"), "metadata": {"extra_trial_days": "7"}},
)
PROGRAM: Program = {"coupon": COUPON, "code": CODE}
NAMES = ["coupon", "code"]
AFTER_AN_HOUR = 3600


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    return bench(tmp_path, {"stripe": routes.app})


def run(scene: Callable[[], Any]) -> None:
    asyncio.run(scene())


def account(shop: Bench) -> Mode:
    """Stripe's own side of the test account."""
    return Mode(shop.world, live=False)


def coupons(shop: Bench) -> list[dict[str, Any]]:
    return shop.world.store.all("stripe.coupon")


def codes(shop: Bench) -> list[dict[str, Any]]:
    """The promotion codes that can be used."""
    return [c for c in shop.world.store.all("stripe.promotion_code") if c["active"]]


def counts(shop: Bench) -> tuple[int, int]:
    return len(coupons(shop)), len(codes(shop))


def changed(name: str, /, **inputs: Any) -> Program:
    declared = PROGRAM[name]
    return {**PROGRAM, name: Declared(declared.token, {**declared.inputs, **inputs})}


def test_creates_both_then_a_second_run_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.up(PROGRAM) == ["create coupon", "create code"]
        before = shop.writes()
        assert await shop.engine.up(PROGRAM) == []
        assert shop.writes() == before
        assert counts(shop) == (1, 1)
        assert codes(shop)[0]["promotion"]["coupon"] == "beta"
        assert codes(shop)[0]["metadata"]["extra_trial_days"] == "7"

    run(scene)


def test_a_preview_writes_nothing_and_names_what_is_replaced(shop: Bench) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(PROGRAM)) == 2
        assert shop.writes() == 0
        await shop.engine.up(PROGRAM)
        writes = shop.writes()
        assert "replace coupon" in await shop.engine.preview(changed("coupon", amount_off=2))
        assert await shop.engine.preview(changed("code", max_redemptions=14)) == ["replace code"]
        assert shop.writes() == writes

    run(scene)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("coupon", {"name": "Testers"}),
        ("coupon", {"metadata": {"plan": "pro"}}),
        ("code", {"metadata": {"extra_trial_days": "14"}}),
        ("code", {"active": False}),
    ],
)
def test_a_changed_field_is_one_write(shop: Bench, name: str, inputs: dict[str, Any]) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        before, writes = shop.engine.saved(name).id, shop.writes()
        assert await shop.engine.up(changed(name, **inputs)) == [f"update {name}"]
        assert shop.writes() == writes + 1
        assert shop.engine.saved(name).id == before

    run(scene)


def test_other_terms_of_a_code_make_a_new_one_and_the_old_one_ends(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("code").id
        operations = await shop.engine.up(changed("code", max_redemptions=14))
        assert operations == ["delete code", "create code"]
        (code,) = codes(shop)
        assert (code["code"], code["max_redemptions"]) == ("BETA2025", 14)
        assert code["id"] == shop.engine.saved("code").id != old

    run(scene)


def test_other_terms_of_a_coupon_make_a_new_one_of_that_id(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        operations = await shop.engine.up(changed("coupon", amount_off=2))
        assert operations[:2] == ["delete coupon", "create coupon"]
        assert [coupon["amount_off"] for coupon in coupons(shop)] == [2]
        assert counts(shop) == (1, 1)

    run(scene)


def test_a_code_of_a_deleted_coupon_is_made_anew(shop: Bench) -> None:
    """A new coupon of that id does not bring it back; the engine replaces what refers to it."""

    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("code").id
        shop.world.clock.advance(AFTER_AN_HOUR)
        program = changed("coupon", percent_off=10, amount_off=None, currency=None)
        await shop.engine.up(program, replace=frozenset({"code"}))
        (code,) = codes(shop)
        assert code["id"] == shop.engine.saved("code").id != old

    run(scene)


@pytest.mark.parametrize("name", NAMES)
def test_killed_after_the_answer_the_next_run_has_it_once(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(PROGRAM, kill_after=name)
        writes = shop.writes(f"/{name}" if name == "coupon" else "/promotion_codes$")
        await shop.engine.up(PROGRAM)
        assert counts(shop) == (1, 1)
        assert len(shop.world.store.all("stripe.promotion_code")) == 1
        assert writes == 1
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", [False, True])
def test_a_renamed_resource_lives_once(shop: Bench, name: str, killed: bool) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        renamed = renaming(name)
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(renamed, kill_before_delete=True)
        await shop.engine.up(renamed)
        assert counts(shop) == (1, 1)
        assert await shop.engine.up(renamed) == []

    run(scene)


def renaming(name: str) -> Program:
    program = {("renamed" if key == name else key): value for key, value in PROGRAM.items()}
    if name == "coupon":
        program["code"] = Declared(CODE.token, {**CODE.inputs, "coupon": Ref("renamed")})
    return program


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", [False, True])
def test_a_resource_moved_under_a_component_lives_once(
    shop: Bench, name: str, killed: bool
) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = PROGRAM[name]
        moved = {**PROGRAM, name: Declared(old.token, old.inputs, parent="shop:Billing")}
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(moved, kill_before_delete=True)
        await shop.engine.up(moved)
        assert counts(shop) == (1, 1)
        assert await shop.engine.up(moved) == []

    run(scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", [False, True])
def test_up_with_replace_leaves_it_living_once(shop: Bench, name: str, killed: bool) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(PROGRAM, replace=frozenset({name}), kill_before_delete=True)
        await shop.engine.up(PROGRAM, replace=frozenset({name}))
        assert counts(shop) == (1, 1)
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


def test_destroy_twice_then_up_revives_the_code_with_its_coupon(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        assert counts(shop) == (0, 0)
        shop.engine.state = state
        await shop.engine.destroy()
        await shop.engine.up(PROGRAM)
        assert counts(shop) == (1, 1)

    run(scene)


def test_a_removed_code_is_revived_while_its_coupon_stays(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("code").id
        assert await shop.engine.up({"coupon": COUPON}) == ["delete code"]
        assert counts(shop) == (1, 0)
        shop.world.clock.advance(AFTER_AN_HOUR)
        await shop.engine.up(PROGRAM)
        assert [code["id"] for code in codes(shop)] == [old]

    run(scene)


def test_a_refresh_of_untouched_objects_finds_no_drift(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        await shop.engine.refresh()
        assert await shop.engine.preview(PROGRAM) == []

    run(scene)


def test_what_was_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        stripe.save({**stripe.require("coupon", "beta"), "name": "By hand"})
        code = shop.engine.saved("code").id
        stripe.save({**stripe.require("promotion_code", code), "active": False})
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == ["update coupon", "create code"]
        assert coupons(shop)[0]["name"] == "Beta testers"
        assert [found["id"] for found in codes(shop)] == [code]

    run(scene)


def test_a_code_that_is_used_up_is_no_drift_and_is_not_made_again(shop: Bench) -> None:
    async def scene() -> None:
        program = changed("code", max_redemptions=1)
        await shop.engine.up(program)
        stripe = account(shop)
        code = shop.engine.saved("code").id
        promotion_codes.redeem(stripe, stripe.require("promotion_code", code))
        assert codes(shop) == []
        await shop.engine.refresh()
        assert await shop.engine.up(program) == []
        shop.engine.state.pop(CODE.urn("code"))
        await shop.engine.up(program)
        assert shop.engine.saved("code").id == code
        assert codes(shop) == []

    run(scene)


@pytest.mark.parametrize("name", NAMES)
def test_an_imported_one_needs_no_change(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        known, declared = shop.engine.saved(name).id, PROGRAM[name]
        del shop.engine.state[declared.urn(name)]
        assert await shop.engine.read(declared.token, name, known) is not None
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


def test_a_strangers_coupon_and_code_are_refused_by_name(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        stripe.save({**stripe.require("coupon", "beta"), "metadata": {}})
        code = shop.engine.saved("code").id
        stripe.save({**stripe.require("promotion_code", code), "metadata": {}})
        shop.engine.state.clear()
        with pytest.raises(Failed, match="REFUSED: Stripe coupon beta exists already"):
            await shop.engine.up({"coupon": COUPON})
        lonely = Declared(CODE.token, {**CODE.inputs, "coupon": "beta"})
        with pytest.raises(Failed, match="Stripe promotion code BETA2025 exists already"):
            await shop.engine.up({"code": lonely})

    run(scene)


@pytest.mark.parametrize(
    ("name", "inputs", "said"),
    [
        ("coupon", {"amount_off": 2}, "exists already with another amount_off"),
        ("code", {"max_redemptions": 3, "coupon": "beta"}, "with other terms"),
    ],
)
def test_adopting_one_with_other_terms_is_refused_and_nothing_is_lost(
    shop: Bench, name: str, inputs: dict[str, Any], said: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        kind = "coupon" if name == "coupon" else "promotion_code"
        stripe.save({**stripe.require(kind, shop.engine.saved(name).id), "metadata": {}})
        shop.engine.state.clear()
        wanted = Declared(PROGRAM[name].token, {**PROGRAM[name].inputs, **inputs, "adopt": True})
        with pytest.raises(Failed, match=said):
            await shop.engine.up({name: wanted})
        assert counts(shop) == (1, 1)

    run(scene)


def test_adopting_them_as_they_are_takes_them_over(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        code = shop.engine.saved("code").id
        stripe.save({**stripe.require("coupon", "beta"), "metadata": {}})
        stripe.save({**stripe.require("promotion_code", code), "metadata": {}})
        shop.engine.state.clear()
        adopting = {n: Declared(d.token, {**d.inputs, "adopt": True}) for n, d in PROGRAM.items()}
        await shop.engine.up(adopting)
        assert counts(shop) == (1, 1)
        assert shop.engine.saved("code").id == code

    run(scene)


@pytest.mark.parametrize(
    ("name", "inputs", "said"),
    [
        ("coupon", {"percent_off": 10}, "either percent_off or amount_off"),
        ("coupon", {"currency": None}, "goes with amount_off"),
        ("coupon", {"duration": "repeating"}, "duration_in_months"),
        ("coupon", {"amount_off": 0}, "must be at least 1"),
        ("code", {"code": "two words"}, "code"),
        ("code", {"max_redemptions": 0}, "must be at least 1"),
        ("code", {"restrictions": {"minimum_amount": 5}}, "minimum_amount_currency"),
    ],
)
def test_terms_that_make_no_sense_are_refused_before_anything_happens(
    shop: Bench, name: str, inputs: dict[str, Any], said: str
) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=said):
            await shop.engine.preview(changed(name, **inputs))
        assert shop.writes() == 0

    run(scene)


def test_the_same_code_declared_twice_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        twin = Declared(CODE.token, {**CODE.inputs, "code": "beta2025"})
        with pytest.raises(Failed, match="Stripe promotion code BETA2025 is declared twice"):
            await shop.engine.up({**PROGRAM, "twin": twin})

    run(scene)
