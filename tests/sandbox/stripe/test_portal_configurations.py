"""Customer portal configurations: features, the default one, and what cannot be deleted."""

from tests.sandbox.stripe.helpers import Json, Stripe

PATH = "/v1/billing_portal/configurations"
FEATURES = {"features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}}}


def test_a_configuration_fills_in_what_was_not_said(stripe: Stripe) -> None:
    made = stripe.post(PATH, {**FEATURES, "business_profile": {"headline": "Hello"}})
    assert made["features"]["subscription_cancel"]["mode"] == "immediately"
    assert made["features"]["invoice_history"] == {"enabled": False}
    assert made["is_default"] is False


def test_the_default_configuration_exists_and_stays_on(stripe: Stripe) -> None:
    [default] = stripe.get(PATH, {"is_default": True})["data"]
    error = stripe.refused("POST", f"{PATH}/{default['id']}", {"active": False})
    assert error["param"] == "active"


def test_a_configuration_is_switched_off_and_never_deleted(stripe: Stripe) -> None:
    made = stripe.post(PATH, FEATURES)
    assert stripe.post(f"{PATH}/{made['id']}", {"active": False})["active"] is False
    assert stripe.refused("DELETE", f"{PATH}/{made['id']}")["status"] == 404


def test_products_show_only_when_expanded(stripe: Stripe, monthly: Json) -> None:
    products = [{"product": "accelerator", "prices": [monthly["id"]]}]
    change = {"enabled": True, "default_allowed_updates": ["price"], "products": products}
    made = stripe.post(PATH, {"features": {"subscription_update": change}})
    assert "products" not in made["features"]["subscription_update"]
    shown = stripe.get(
        f"{PATH}/{made['id']}", {"expand": ["features.subscription_update.products"]}
    )
    assert shown["features"]["subscription_update"]["products"] == products


def test_a_price_of_another_product_is_refused(stripe: Stripe, monthly: Json) -> None:
    stripe.post("/v1/products", {"id": "other", "name": "Other"})
    products = [{"product": "other", "prices": [monthly["id"]]}]
    change = {"enabled": True, "products": products}
    error = stripe.refused("POST", PATH, {"features": {"subscription_update": change}})
    assert error["param"] == "features[subscription_update][products][0][prices]"


def test_features_are_required(stripe: Stripe) -> None:
    assert stripe.refused("POST", PATH, {"name": "x"})["param"] == "features"
