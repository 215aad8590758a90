"""The catalogue: what is immutable, unique, archived and deleted."""

import pytest

from tests.sandbox.stripe.helpers import Json, Stripe


def test_a_product_takes_an_id_of_the_callers_choice_once(stripe: Stripe) -> None:
    product = stripe.post("/v1/products", {"id": "pro", "name": "Pro", "metadata": {"a": "b"}})
    assert (product["id"], product["metadata"], product["livemode"]) == ("pro", {"a": "b"}, False)
    error = stripe.refused("POST", "/v1/products", {"id": "pro", "name": "Pro"})
    assert (error["status"], error["code"]) == (400, "resource_already_exists")


def test_metadata_merges_and_empty_values_remove(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"id": "p", "name": "P", "metadata": {"a": "1", "b": "2"}})
    merged = stripe.post("/v1/products/p", {"metadata": {"b": "", "c": "3"}})
    assert merged["metadata"] == {"a": "1", "c": "3"}
    assert stripe.post("/v1/products/p", {"metadata": ""})["metadata"] == {}


def test_a_product_with_any_price_cannot_be_deleted(stripe: Stripe, monthly: Json) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"active": False})
    error = stripe.refused("DELETE", "/v1/products/accelerator")
    assert error["message"] == (
        "This product cannot be deleted because it has one or more user-created prices."
    )


def test_a_product_without_prices_is_deleted_for_good(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"id": "p", "name": "P"})
    assert stripe.delete("/v1/products/p") == {"id": "p", "object": "product", "deleted": True}
    error = stripe.refused("GET", "/v1/products/p")
    assert (error["status"], error["code"]) == (404, "resource_missing")
    assert error["message"] == "No such product: 'p'"


def test_default_price_data_makes_the_default_price(stripe: Stripe) -> None:
    data = {"currency": "usd", "unit_amount": 500, "recurring": {"interval": "year"}}
    product = stripe.post("/v1/products", {"name": "P", "default_price_data": data})
    price = stripe.get(f"/v1/prices/{product['default_price']}")
    assert (price["unit_amount"], price["recurring"]["interval"]) == (500, "year")


def test_a_default_price_cannot_be_archived_until_it_is_replaced(
    stripe: Stripe, monthly: Json
) -> None:
    path = f"/v1/prices/{monthly['id']}"
    stripe.post("/v1/products/accelerator", {"default_price": monthly["id"]})
    assert stripe.refused("POST", path, {"active": False})["message"] == (
        "This price cannot be archived because it is the default price of its product."
    )
    stripe.post("/v1/products/accelerator", {"default_price": ""})
    assert stripe.post(path, {"active": False})["active"] is False


def test_a_default_price_must_be_the_products_own(stripe: Stripe, monthly: Json) -> None:
    stripe.post("/v1/products", {"id": "other", "name": "Other"})
    error = stripe.refused("POST", "/v1/products/other", {"default_price": monthly["id"]})
    assert error["param"] == "default_price"


def test_a_lookup_key_is_unique_also_against_archived_prices(stripe: Stripe, monthly: Json) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"active": False})
    wanted = {
        "product": "accelerator",
        "currency": "usd",
        "unit_amount": 1,
        "lookup_key": "monthly",
    }
    error = stripe.refused("POST", "/v1/prices", wanted)
    assert error["message"] == f"A price (`{monthly['id']}`) already uses that lookup key."
    taken = stripe.post("/v1/prices", {**wanted, "transfer_lookup_key": True})
    assert taken["lookup_key"] == "monthly"
    assert stripe.get(f"/v1/prices/{monthly['id']}")["lookup_key"] is None


@pytest.mark.parametrize(
    "change", [{"unit_amount": 1}, {"currency": "eur"}, {"recurring": {"interval": "year"}}]
)
def test_what_a_price_is_cannot_be_changed(stripe: Stripe, monthly: Json, change: Json) -> None:
    error = stripe.refused("POST", f"/v1/prices/{monthly['id']}", change)
    assert (error["code"], error["param"]) == ("parameter_unknown", next(iter(change)))


def test_a_price_cannot_be_deleted(stripe: Stripe, monthly: Json) -> None:
    error = stripe.refused("DELETE", f"/v1/prices/{monthly['id']}")
    assert (error["status"], error["message"].split(" Please")[0]) == (
        404,
        f"Unrecognized request URL (DELETE: /v1/prices/{monthly['id']}).",
    )


def test_a_list_of_prices_holds_active_ones_unless_told_otherwise(
    stripe: Stripe, monthly: Json
) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"active": False})
    assert stripe.get("/v1/prices", {"lookup_keys": ["monthly"]})["data"] == []
    found = stripe.get("/v1/prices", {"lookup_keys": ["monthly"], "active": False})["data"]
    assert [price["id"] for price in found] == [monthly["id"]]


def test_tiers_and_currency_options_show_only_when_expanded(stripe: Stripe, monthly: Json) -> None:
    tiers = [
        {"up_to": 10, "unit_amount": 100},
        {"up_to": "inf", "unit_amount": 80, "flat_amount": 5},
    ]
    price = stripe.post(
        "/v1/prices",
        {
            "product": "accelerator",
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": tiers,
            "recurring": {"interval": "month"},
        },
    )
    assert "tiers" not in price
    shown = stripe.get(f"/v1/prices/{price['id']}", {"expand": ["tiers", "currency_options"]})
    assert [tier["up_to"] for tier in shown["tiers"]] == [10, None]
    assert [tier["flat_amount_decimal"] for tier in shown["tiers"]] == [None, "5"]
    assert set(shown["currency_options"]) == {"usd"}


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"currency": "usd", "unit_amount": 1}, "product"),
        ({"product": "accelerator", "unit_amount": 1}, "currency"),
        ({"product": "accelerator", "currency": "usd"}, "unit_amount"),
        ({"product": "accelerator", "currency": "usd", "billing_scheme": "tiered"}, "tiers"),
        ({"product": "accelerator", "currency": "zzz", "unit_amount": 1}, "currency"),
        ({"product": "nope", "currency": "usd", "unit_amount": 1}, "product"),
        (
            {
                "product": "accelerator",
                "currency": "usd",
                "unit_amount": 1,
                "unit_amount_decimal": 1,
            },
            "unit_amount",
        ),
        (
            {
                "product": "accelerator",
                "currency": "usd",
                "billing_scheme": "tiered",
                "tiers_mode": "volume",
                "tiers": [{"up_to": 10, "unit_amount": 1}],
            },
            "tiers",
        ),
        (
            {
                "product": "accelerator",
                "currency": "usd",
                "unit_amount": 1,
                "tiers": [{"up_to": "inf", "unit_amount": 1}],
            },
            "tiers",
        ),
        (
            {
                "product": "accelerator",
                "currency": "usd",
                "unit_amount": 1,
                "recurring": {"interval": "fortnight"},
            },
            "recurring[interval]",
        ),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(
    stripe: Stripe, monthly: Json, params: Json, param: str
) -> None:
    error = stripe.refused("POST", "/v1/prices", params)
    assert (error["status"], error["param"]) == (400, param)


def test_a_refused_price_leaves_no_product_behind(stripe: Stripe) -> None:
    params = {"currency": "usd", "unit_amount": 1, "product_data": {"name": "P"}}
    stripe.refused("POST", "/v1/prices", {**params, "expand": ["nothing"]})
    assert stripe.get("/v1/products")["data"] == []


def test_events_tell_what_changed(stripe: Stripe, monthly: Json) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"nickname": "Basic"})
    event = stripe.get("/v1/events", {"type": "price.updated"})["data"][0]
    assert event["data"]["previous_attributes"] == {"nickname": None}
    assert event["data"]["object"]["nickname"] == "Basic"
    assert event["request"]["id"].startswith("req_")


def test_a_changed_product_says_when_and_what(stripe: Stripe, monthly: Json) -> None:
    stripe.world.clock.advance(60)
    stripe.post("/v1/products/accelerator", {"name": "Rocket"})
    [event] = stripe.get("/v1/events", {"type": "product.updated"})["data"]
    assert event["data"]["previous_attributes"]["name"] == "Accelerator"
    assert event["data"]["object"]["updated"] == int(stripe.world.clock.now())


def test_a_change_that_changes_nothing_makes_no_event(stripe: Stripe, monthly: Json) -> None:
    stripe.post(f"/v1/prices/{monthly['id']}", {"active": True})
    stripe.post("/v1/products/accelerator", {"name": "Accelerator"})
    assert stripe.get("/v1/events", {"types": ["price.updated", "product.updated"]})["data"] == []


def test_the_tax_behavior_is_chosen_once(stripe: Stripe, monthly: Json) -> None:
    path = f"/v1/prices/{monthly['id']}"
    assert stripe.post(path, {"tax_behavior": "exclusive"})["tax_behavior"] == "exclusive"
    assert stripe.refused("POST", path, {"tax_behavior": "inclusive"})["param"] == "tax_behavior"
    assert stripe.post(path, {"tax_behavior": "exclusive"})["tax_behavior"] == "exclusive"


def test_further_currencies_are_added_and_the_own_one_is_not(stripe: Stripe, monthly: Json) -> None:
    path = f"/v1/prices/{monthly['id']}"
    euro = {"currency_options": {"eur": {"unit_amount": 8900}}, "expand": ["currency_options"]}
    assert stripe.post(path, euro)["currency_options"]["eur"]["unit_amount"] == 8900
    own = {"currency_options": {"usd": {"unit_amount": 1}}}
    assert stripe.refused("POST", path, own)["param"] == "currency_options[usd]"


def test_a_lookup_key_moves_with_an_event_for_the_old_holder(stripe: Stripe, monthly: Json) -> None:
    other = stripe.post(
        "/v1/prices", {"product": "accelerator", "currency": "usd", "unit_amount": 1}
    )
    path = f"/v1/prices/{other['id']}"
    assert stripe.refused("POST", path, {"lookup_key": "monthly"})["param"] == "lookup_key"
    moved = stripe.post(path, {"lookup_key": "monthly", "transfer_lookup_key": True})
    assert moved["lookup_key"] == "monthly"
    events = stripe.get("/v1/events", {"type": "price.updated"})["data"]
    holders = {event["data"]["object"]["id"] for event in events}
    assert holders == {other["id"], monthly["id"]}
    assert stripe.post(path, {"lookup_key": ""})["lookup_key"] is None
