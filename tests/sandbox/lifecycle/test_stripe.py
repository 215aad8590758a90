"""The life of the Stripe resources, each from creation to the second deletion."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.stripe import routes
from stackwright.sandbox.stripe.mode import Mode
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, bench

PRODUCT = Declared("stackwright:stripe:Product", {"product_id": "shop", "name": "Shop"})
PRICE = Declared(
    "stackwright:stripe:Price",
    {
        "product": Ref("product"),
        "currency": "usd",
        "unit_amount": 9900,
        "recurring": {"interval": "month"},
        "lookup_key": "shop_monthly",
    },
)
ENDPOINT = Declared(
    "stackwright:stripe:WebhookEndpoint",
    {
        "url": "https://shop.test/hook",
        "enabled_events": ["invoice.payment_failed", "checkout.session.completed"],
        "api_version": "2024-04-10",
    },
)
PROGRAM: Program = {"product": PRODUCT, "price": PRICE, "endpoint": ENDPOINT}


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    return bench(tmp_path, {"stripe": routes.app})


def live(shop: Bench, kind: str) -> list[dict[str, Any]]:
    """Objects of a kind that are not archived."""
    return [o for o in shop.world.store.all(f"stripe.{kind}") if o.get("active", True)]


def account(shop: Bench) -> Mode:
    """Stripe's own side of the test account."""
    return Mode(shop.world, live=False)


def changed(name: str, /, **inputs: Any) -> Program:
    declared = PROGRAM[name]
    return {**PROGRAM, name: Declared(declared.token, {**declared.inputs, **inputs})}


def run(scene: Callable[[], Any]) -> None:
    asyncio.run(scene())


def counts(shop: Bench) -> tuple[int, int, int]:
    return tuple(len(live(shop, kind)) for kind in ("product", "price", "webhook_endpoint"))  # type: ignore[return-value]


def test_creates_all_then_a_second_run_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.up(PROGRAM) == [
            "create product",
            "create price",
            "create endpoint",
        ]
        before = shop.writes()
        assert await shop.engine.up(PROGRAM) == []
        assert shop.writes() == before
        assert counts(shop) == (1, 1, 1)

    run(scene)


def test_a_plain_preview_writes_nothing_and_asks_only_who_we_are(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        writes, requests = shop.writes(), shop.requests()
        assert await shop.engine.preview(changed("price", unit_amount=1)) == ["replace price"]
        assert await shop.engine.preview(PROGRAM) == []
        assert shop.writes() == writes
        assert shop.requests() == requests + 2

    run(scene)


def test_a_first_preview_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(PROGRAM)) == 3
        assert shop.writes() == 0

    run(scene)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("product", {"name": "The Shop"}),
        ("product", {"metadata": {"plan": "pro"}}),
        ("price", {"nickname": "a month"}),
        ("endpoint", {"enabled_events": ["invoice.payment_failed"]}),
        ("endpoint", {"description": "dev"}),
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


def test_a_new_amount_makes_a_new_price_that_takes_the_lookup_key_over(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("price").id
        assert await shop.engine.up(changed("price", unit_amount=12900)) == [
            "create price",
            "delete price",
        ]
        (price,) = live(shop, "price")
        assert (price["unit_amount"], price["lookup_key"]) == (12900, "shop_monthly")
        assert price["id"] == shop.engine.saved("price").id != old

    run(scene)


def test_another_api_version_makes_a_new_endpoint_with_a_new_secret(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("endpoint").outputs["secret"].value
        await shop.engine.up(changed("endpoint", api_version="2026-10-28.endive"))
        assert counts(shop) == (1, 1, 1)
        assert shop.engine.saved("endpoint").outputs["secret"].value != old

    run(scene)


@pytest.mark.parametrize("name", ["product", "price", "endpoint"])
def test_killed_after_the_answer_the_next_run_has_it_once(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(PROGRAM, kill_after=name)
        await shop.engine.up(PROGRAM)
        assert counts(shop) == (1, 1, 1)
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


def test_after_a_kill_the_endpoint_has_a_secret_that_signs(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(PROGRAM, kill_after="endpoint")
        await shop.engine.up(PROGRAM)
        (endpoint,) = live(shop, "webhook_endpoint")
        assert shop.engine.saved("endpoint").outputs["secret"].value == endpoint["_secret"]

    run(scene)


@pytest.mark.parametrize("name", ["product", "price", "endpoint"])
@pytest.mark.parametrize("killed", [False, True])
def test_a_renamed_resource_lives_once(shop: Bench, name: str, killed: bool) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        renamed = renaming(name)
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(renamed, kill_before_delete=True)
        await shop.engine.up(renamed)
        assert counts(shop) == (1, 1, 1)
        assert await shop.engine.up(renamed) == []

    run(scene)


def renaming(name: str) -> Program:
    program = {("renamed" if key == name else key): value for key, value in PROGRAM.items()}
    if name == "product":
        program["price"] = Declared(PRICE.token, {**PRICE.inputs, "product": Ref("renamed")})
    return program


@pytest.mark.parametrize("name", ["product", "price", "endpoint"])
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
        assert counts(shop) == (1, 1, 1)
        assert await shop.engine.up(moved) == []

    run(scene)


@pytest.mark.parametrize("name", ["product", "price", "endpoint"])
@pytest.mark.parametrize("killed", [False, True])
def test_up_with_replace_leaves_it_living_once(shop: Bench, name: str, killed: bool) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(PROGRAM, replace=frozenset({name}), kill_before_delete=True)
        await shop.engine.up(PROGRAM, replace=frozenset({name}))
        assert counts(shop) == (1, 1, 1)
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


def test_destroy_twice_then_up_brings_all_back(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        assert counts(shop) == (0, 0, 0)
        shop.engine.state = state
        await shop.engine.destroy()
        await shop.engine.up(PROGRAM)
        assert counts(shop) == (1, 1, 1)

    run(scene)


def test_an_endpoint_that_vanished_is_made_again_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        stripe.delete(stripe.require("webhook_endpoint", shop.engine.saved("endpoint").id))
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == ["create endpoint"]

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
        stripe.save({**stripe.require("product", "shop"), "name": "By hand"})
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == ["update product"]
        (product,) = live(shop, "product")
        assert product["name"] == "Shop"

    run(scene)


def test_an_imported_price_needs_no_change(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        price = shop.engine.saved("price").id
        urn = PRICE.urn("price")
        del shop.engine.state[urn]
        saved = await shop.engine.read(PRICE.token, "price", price)
        assert saved is not None
        assert saved.inputs["unit_amount"] == 9900
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


def test_a_strangers_product_is_refused_by_name(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        stripe.save({**stripe.require("product", "shop"), "metadata": {}})
        shop.engine.state.clear()
        with pytest.raises(Failed, match="REFUSED: Stripe product shop exists already") as failure:
            await shop.engine.up({"product": PRODUCT})
        assert "adopt=True" in str(failure.value)

    run(scene)


def test_the_same_object_declared_twice_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match="Stripe product shop is declared twice"):
            await shop.engine.up({"one": PRODUCT, "two": PRODUCT})

    run(scene)


def test_state_of_another_account_is_never_acted_upon(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up({"product": PRODUCT})
        shop.engine.saved("product").outputs["stackwright"]["account"] = "live:acct_other"
        with pytest.raises(Failed, match="REFUSED: shop was made in account live:acct_other"):
            await shop.engine.up({"product": changed("product", name="x")["product"]})
        with pytest.raises(Failed, match="REFUSED"):
            await shop.engine.destroy()
        assert len(live(shop, "product")) == 1

    run(scene)


def test_an_unknown_event_is_refused_with_the_one_that_was_meant(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=r"enabled_events\[0\].*did you mean invoice.paid\?"):
            await shop.engine.up(changed("endpoint", enabled_events=["invoice.payed"]))

    run(scene)


def test_the_secret_is_wrapped_wherever_it_goes(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        secret = shop.engine.saved("endpoint").outputs["secret"].value
        await shop.engine.refresh()
        assert secret not in repr(shop.engine.state)
        assert shop.engine.saved("endpoint").outputs["secret"].value == secret

    run(scene)
