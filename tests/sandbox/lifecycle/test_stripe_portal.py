"""The life of a portal configuration, from creation to the second deletion."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.stripe import portal_configurations, routes
from stackwright.sandbox.stripe.mode import Mode
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, bench

KIND = "stripe.billing_portal.configuration"
CANCEL = {"enabled": True, "cancellation_reason": {"enabled": True, "options": ["unused", "other"]}}
PORTAL = Declared(
    "stackwright:stripe:PortalConfiguration",
    {
        "name": "shop",
        "features": {
            "invoice_history": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["name", "address"]},
            "subscription_cancel": CANCEL,
        },
        "business_profile": {"headline": "Your plan"},
        "default_return_url": "https://shop.test/account",
    },
)
PROGRAM: Program = {"portal": PORTAL}


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    return bench(tmp_path, {"stripe": routes.app})


def run(scene: Callable[[], Any]) -> None:
    asyncio.run(scene())


def account(shop: Bench) -> Mode:
    """Stripe's own side of the test account."""
    return Mode(shop.world, live=False)


def active(shop: Bench) -> list[dict[str, Any]]:
    """Those that can be used, apart from the account's default one."""
    return [c for c in shop.world.store.all(KIND) if c["active"] and not c["is_default"]]


def changed(**inputs: Any) -> Program:
    return {"portal": Declared(PORTAL.token, {**PORTAL.inputs, **inputs})}


def estranged(shop: Bench) -> str:
    """Make the only configuration somebody else's, unknown to the state; its id."""
    (found,) = active(shop)
    account(shop).save({**found, "metadata": {}})
    shop.engine.state.clear()
    return str(found["id"])


def test_creates_it_then_a_second_run_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.up(PROGRAM) == ["create portal"]
        before = shop.writes()
        assert await shop.engine.up(PROGRAM) == []
        assert shop.writes() == before == 1
        (found,) = active(shop)
        assert found["features"]["subscription_cancel"]["mode"] == "at_period_end"
        assert found["features"]["payment_method_update"]["enabled"] is False
        assert found["business_profile"]["headline"] == "Your plan"

    run(scene)


def test_a_preview_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.preview(PROGRAM) == ["create portal"]
        await shop.engine.up(PROGRAM)
        writes = shop.writes()
        assert await shop.engine.preview(changed(login_page={"enabled": True})) == ["update portal"]
        assert shop.writes() == writes

    run(scene)


@pytest.mark.parametrize(
    ("inputs", "path", "value"),
    [
        ({"name": "store"}, "name", "store"),
        ({"default_return_url": None}, "default_return_url", None),
        ({"business_profile": {}}, "business_profile.headline", None),
        ({"login_page": {"enabled": True}}, "login_page.enabled", True),
        ({"metadata": {"team": "billing"}}, "metadata.team", "billing"),
        ({"features": {}}, "features.subscription_cancel.enabled", False),
        (
            {"features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}}},
            "features.subscription_cancel.cancellation_reason.enabled",
            False,
        ),
    ],
)
def test_a_changed_field_is_one_write(
    shop: Bench, inputs: dict[str, Any], path: str, value: Any
) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        before, writes = shop.engine.saved("portal").id, shop.writes()
        assert await shop.engine.up(changed(**inputs)) == ["update portal"]
        assert shop.writes() == writes + 1
        (found,) = active(shop)
        assert found["id"] == before
        for step in path.split("."):
            found = found[step]
        assert found == value

    run(scene)


def test_the_other_settings_of_a_disabled_feature_are_left_alone(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stripe = account(shop)
        (found,) = active(shop)
        found["features"]["subscription_update"]["proration_behavior"] = "always_invoice"
        stripe.save(found)
        features = {**PORTAL.inputs["features"], "invoice_history": {"enabled": False}}
        await shop.engine.up(changed(features=features))
        (after,) = active(shop)
        assert after["features"]["invoice_history"]["enabled"] is False
        assert after["features"]["subscription_update"]["proration_behavior"] == "always_invoice"
        assert after["features"]["customer_update"] == found["features"]["customer_update"]

    run(scene)


def test_customers_change_between_the_prices_that_are_named(shop: Bench) -> None:
    product = Declared("stackwright:stripe:Product", {"product_id": "shop", "name": "Shop"})
    price = Declared(
        "stackwright:stripe:Price",
        {
            "product": Ref("product"),
            "currency": "usd",
            "unit_amount": 9900,
            "recurring": {"interval": "month"},
            "lookup_key": "shop_monthly",
        },
    )

    async def scene() -> None:
        await shop.engine.up({"product": product, "price": price})
        offer = {"product": "shop", "prices": [shop.engine.saved("price").id]}
        change = {"enabled": True, "default_allowed_updates": ["price"], "products": [offer]}
        program = {
            "product": product,
            "price": price,
            **changed(features={"subscription_update": change}),
        }
        await shop.engine.up(program)
        (found,) = active(shop)
        assert found["features"]["subscription_update"]["products"] == [offer]
        await shop.engine.refresh()
        assert await shop.engine.up(program) == []

    run(scene)


def test_killed_after_the_answer_the_next_run_has_it_once(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(PROGRAM, kill_after="portal")
        await shop.engine.up(PROGRAM)
        assert len(active(shop)) == 1
        assert shop.writes("/configurations$") == 1
        assert await shop.engine.up(PROGRAM) == []

    run(scene)


MOVES: dict[str, tuple[Program, frozenset[str]]] = {
    "renamed": ({"renamed": PORTAL}, frozenset()),
    "moved": ({"portal": Declared(PORTAL.token, PORTAL.inputs, parent="shop:B")}, frozenset()),
    "replaced": (PROGRAM, frozenset({"portal"})),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("killed", [False, True])
def test_renamed_moved_or_replaced_it_lives_once(shop: Bench, move: str, killed: bool) -> None:
    program, replace = MOVES[move]

    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old = shop.engine.saved("portal").id
        if killed:
            with pytest.raises(Killed):
                await shop.engine.up(program, replace=replace, kill_before_delete=True)
        await shop.engine.up(program, replace=replace)
        assert [found["id"] for found in active(shop)] == [old]
        assert await shop.engine.up(program) == []

    run(scene)


def test_destroy_twice_deactivates_it_and_the_next_run_revives_it(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        old, state = shop.engine.saved("portal").id, dict(shop.engine.state)
        await shop.engine.destroy()
        assert active(shop) == []
        writes = shop.writes()
        shop.engine.state = state
        await shop.engine.destroy()
        assert shop.writes() == writes
        await shop.engine.up(PROGRAM)
        assert [found["id"] for found in active(shop)] == [old]

    run(scene)


def test_a_stale_entry_neither_changes_nor_deactivates_it(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        stale = dict(shop.engine.state)
        await shop.engine.up(PROGRAM, replace=frozenset({"portal"}))
        shop.engine.state = stale
        with pytest.raises(Failed, match="was taken over by"):
            await shop.engine.up(changed(metadata={"a": "b"}))
        await shop.engine.destroy()
        assert len(active(shop)) == 1

    run(scene)


def test_the_accounts_default_configuration_outlives_its_resource(shop: Bench) -> None:
    async def scene() -> None:
        default = portal_configurations.default(account(shop))
        account(shop).save({**default, "name": "shop"})
        await shop.engine.up(changed(adopt=True))
        assert shop.engine.saved("portal").id == default["id"]
        await shop.engine.destroy()
        assert account(shop).require("billing_portal.configuration", default["id"])["active"]

    run(scene)


def test_a_refresh_of_an_untouched_one_finds_no_drift(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        await shop.engine.refresh()
        assert await shop.engine.preview(PROGRAM) == []

    run(scene)


def test_what_was_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        (found,) = active(shop)
        found["features"]["payment_method_update"]["enabled"] = True
        account(shop).save(found)
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == ["update portal"]
        (found,) = active(shop)
        assert found["features"]["payment_method_update"]["enabled"] is False
        account(shop).save({**found, "active": False})
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == ["create portal"]
        assert [one["id"] for one in active(shop)] == [found["id"]]

    run(scene)


def test_an_imported_one_needs_no_change(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        known = shop.engine.saved("portal").id
        shop.engine.state.clear()
        assert await shop.engine.read(PORTAL.token, "portal", known) is not None
        assert await shop.engine.up(PROGRAM) == []
        assert [found["id"] for found in active(shop)] == [known]

    run(scene)


def test_a_strangers_is_refused_by_name_and_taken_over_when_asked(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        known = estranged(shop)
        with pytest.raises(Failed, match="REFUSED: Stripe portal configuration 'shop' exists"):
            await shop.engine.up(PROGRAM)
        await shop.engine.up(changed(adopt=True))
        assert [found["id"] for found in active(shop)] == [known]

    run(scene)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"customer_update": {"enabled": True}}, "allowed_updates: is needed"),
        ({"subscription_update": {"enabled": True}}, "products: is needed"),
        (
            {"subscription_cancel": {"enabled": True, "cancellation_reason": {"enabled": True}}},
            "cancellation_reason.options: is needed",
        ),
        ({"subscription_cancel": {"enabled": True, "mode": "later"}}, "subscription_cancel.mode"),
        ({"invoices": {"enabled": True}}, "features.invoices"),
    ],
)
def test_features_that_make_no_sense_are_refused_before_anything_happens(
    shop: Bench, features: dict[str, Any], said: str
) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=said):
            await shop.engine.preview(changed(features=features))
        assert shop.writes() == 0

    run(scene)
