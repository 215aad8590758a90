"""Coupons and promotion codes: terms are fixed, codes are unique among the active ones."""

from typing import Any

import pytest

from tests.sandbox.stripe.helpers import Stripe


@pytest.fixture(autouse=True)
def coupon(stripe: Stripe) -> Any:
    return stripe.post("/v1/coupons", {"id": "half", "percent_off": 50, "duration": "forever"})


def promotion(code: str = "BETA", **more: Any) -> dict[str, Any]:
    return {"promotion": {"type": "coupon", "coupon": "half"}, "code": code, **more}


def test_a_coupon_keeps_its_terms(stripe: Stripe) -> None:
    assert stripe.refused("POST", "/v1/coupons/half", {"percent_off": 10})["param"] == "percent_off"
    assert stripe.post("/v1/coupons/half", {"name": "Half"})["name"] == "Half"
    marked = stripe.post("/v1/coupons", {"percent_off": 10, "metadata": {"a": "b"}})
    assert marked["metadata"] == {"a": "b"}


def test_a_coupon_is_deleted_for_good_and_its_id_is_free_again(stripe: Stripe) -> None:
    assert stripe.delete("/v1/coupons/half")["deleted"] is True
    assert stripe.post("/v1/coupons", {"id": "half", "percent_off": 10})["percent_off"] == 10


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"amount_off": 100},
        {"percent_off": 101},
        {"percent_off": 10, "amount_off": 100, "currency": "usd"},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 10, "duration_in_months": 3},
        {"percent_off": 10, "id": "half"},
        {"percent_off": 10, "redeem_by": 1},
        {"amount_off": 10, "currency": "zzz"},
        {"percent_off": 10, "applies_to": {"products": ["nope"]}},
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(stripe: Stripe, params: dict[str, Any]) -> None:
    assert stripe.refused("POST", "/v1/coupons", params)["status"] == 400


def test_an_active_code_is_unique_whatever_its_case(stripe: Stripe) -> None:
    first = stripe.post("/v1/promotion_codes", promotion("Beta"))
    assert "already exists" in stripe.refused("POST", "/v1/promotion_codes", promotion())["message"]
    stripe.post(f"/v1/promotion_codes/{first['id']}", {"active": False})
    stripe.post("/v1/promotion_codes", promotion())
    error = stripe.refused("POST", f"/v1/promotion_codes/{first['id']}", {"active": True})
    assert "already exists" in error["message"]


def test_a_code_cannot_be_deleted(stripe: Stripe) -> None:
    code = stripe.post("/v1/promotion_codes", promotion())
    assert stripe.refused("DELETE", f"/v1/promotion_codes/{code['id']}")["status"] == 404


def test_the_coupon_is_named_where_the_api_version_has_it(stripe: Stripe) -> None:
    code = stripe.post("/v1/promotion_codes", promotion())
    assert code["promotion"] == {"coupon": "half", "type": "coupon"}
    assert stripe.refused("POST", "/v1/promotion_codes", {"coupon": "half"})["param"] == "coupon"
    stripe.version = "2024-04-10"
    old = stripe.post("/v1/promotion_codes", {"coupon": "half", "code": "OLD"})
    assert old["coupon"]["id"] == "half"
    assert "promotion" not in old
    assert stripe.refused("POST", "/v1/promotion_codes", promotion("N"))["param"] == "promotion"


def test_the_coupon_of_a_code_can_be_expanded(stripe: Stripe) -> None:
    code = stripe.post("/v1/promotion_codes", promotion(expand=["promotion.coupon"]))
    assert code["promotion"]["coupon"]["percent_off"] == 50


def test_codes_are_found_by_their_code(stripe: Stripe) -> None:
    stripe.post("/v1/promotion_codes", promotion())
    assert len(stripe.get("/v1/promotion_codes", {"code": "beta", "active": True})["data"]) == 1
    assert stripe.get("/v1/promotion_codes", {"code": "other"})["data"] == []


def test_a_code_cannot_be_made_for_a_coupon_that_is_over(stripe: Stripe) -> None:
    ends = int(stripe.world.clock.now()) + 60
    stripe.post("/v1/coupons", {"id": "brief", "percent_off": 10, "redeem_by": ends})
    stripe.world.clock.advance(60)
    params = {"promotion": {"type": "coupon", "coupon": "brief"}}
    assert "not valid" in stripe.refused("POST", "/v1/promotion_codes", params)["message"]


def test_a_code_that_is_over_cannot_be_switched_on_again(stripe: Stripe) -> None:
    ends = int(stripe.world.clock.now()) + 60
    code = stripe.post("/v1/promotion_codes", promotion(expires_at=ends))
    path = f"/v1/promotion_codes/{code['id']}"
    stripe.post(path, {"active": False})
    assert stripe.post(path, {"active": True})["active"] is True
    stripe.post(path, {"active": False})
    stripe.world.clock.advance(60)
    assert stripe.refused("POST", path, {"active": True})["param"] == "active"


def test_a_minimum_amount_comes_with_its_currency(stripe: Stripe) -> None:
    wrong = promotion(restrictions={"minimum_amount": 100})
    assert stripe.refused("POST", "/v1/promotion_codes", wrong)["code"] == "parameter_missing"
    right = promotion(restrictions={"minimum_amount": 100, "minimum_amount_currency": "usd"})
    assert stripe.post("/v1/promotion_codes", right)["restrictions"] == {
        "first_time_transaction": False,
        "minimum_amount": 100,
        "minimum_amount_currency": "usd",
    }


def test_making_changing_and_deleting_is_told(stripe: Stripe) -> None:
    code = stripe.post("/v1/promotion_codes", promotion())
    stripe.post(f"/v1/promotion_codes/{code['id']}", {"active": False})
    stripe.post("/v1/coupons/half", {"name": "Half"})
    stripe.delete("/v1/coupons/half")
    kinds = [event["type"] for event in stripe.get("/v1/events")["data"]][::-1]
    assert kinds == [
        "coupon.created",
        "promotion_code.created",
        "promotion_code.updated",
        "coupon.updated",
        "coupon.deleted",
    ]
