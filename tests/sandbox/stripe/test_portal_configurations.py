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


def test_a_portal_uses_a_configuration_that_is_on(stripe: Stripe) -> None:
    customer = stripe.post("/v1/customers", {"email": "a@example.com"})["id"]
    made = stripe.post(PATH, {**FEATURES, "default_return_url": "http://127.0.0.1/account"})
    params = {"customer": customer, "configuration": made["id"]}
    portal = stripe.post("/v1/billing_portal/sessions", params)
    assert portal["configuration"] == made["id"]
    assert portal["return_url"] == "http://127.0.0.1/account"
    stripe.post(f"{PATH}/{made['id']}", {"active": False})
    error = stripe.refused("POST", "/v1/billing_portal/sessions", params)
    assert error["param"] == "configuration"


def test_the_portal_cancels_as_its_configuration_says(stripe: Stripe, monthly: Json) -> None:
    customer = stripe.post(
        "/v1/customers", {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )["id"]
    subscription = stripe.post(
        "/v1/subscriptions", {"customer": customer, "items": [{"price": monthly["id"]}]}
    )
    assert "Accelerator" in portal_page(stripe, customer, subscription["id"], FEATURES)
    never = {"features": {"subscription_cancel": {"enabled": False}}}
    refused = portal_page(stripe, customer, subscription["id"], never, action="cancel")
    assert "does not let customers cancel" in refused
    portal_page(stripe, customer, subscription["id"], FEATURES, action="cancel")
    assert stripe.get(f"/v1/subscriptions/{subscription['id']}")["status"] == "canceled"


def portal_page(
    stripe: Stripe, customer: str, subscription: str, features: Json, action: str | None = None
) -> str:
    configuration = stripe.post(PATH, features)["id"]
    params = {"customer": customer, "configuration": configuration}
    portal = stripe.post("/v1/billing_portal/sessions", params)
    path = portal["url"].removeprefix("http://127.0.0.1:1")
    if action is None:
        return stripe.send("GET", path).text
    return stripe.send("POST", path, {"action": action, "subscription": subscription}).text


def test_a_login_page_has_an_address_while_it_is_on(stripe: Stripe) -> None:
    made = stripe.post(PATH, {**FEATURES, "login_page": {"enabled": True}})
    assert made["login_page"]["url"].startswith("http://127.0.0.1:1/p/login/test_")
    off = stripe.post(f"{PATH}/{made['id']}", {"login_page": {"enabled": False}})
    assert off["login_page"] == {"enabled": False, "url": None}


def test_changes_are_told(stripe: Stripe) -> None:
    made = stripe.post(PATH, FEATURES)
    stripe.post(f"{PATH}/{made['id']}", {"name": "Main"})
    updated, created = stripe.get("/v1/events")["data"]
    assert created["type"] == "billing_portal.configuration.created"
    assert updated["data"]["previous_attributes"]["name"] is None
