"""Stripe's own Python SDK drives the stand-in and believes it."""

from collections.abc import Iterator
from queue import Queue

import httpx
import pytest
import stripe

from stackwright.sandbox.stripe.keys import credentials
from stackwright.sandbox.world import World
from tests.compat.stripe_server import Arrival, endpoint, stand_in


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stand_in(tmp_path_factory.mktemp("stripe")) as world:
        world.set_setting("stripe.limits", {"live": 0, "test": 0, "endpoint": 0})
        yield world


@pytest.fixture
def client(world: World) -> stripe.StripeClient:
    return client_for(world, "stripe_test_key")


@pytest.fixture
def hook() -> Iterator[tuple[str, "Queue[Arrival]"]]:
    with endpoint() as found:
        yield found


def client_for(world: World, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        credentials(world)[key],
        base_addresses={"api": world.urls["stripe"]},
        max_network_retries=0,
    )


def make_price(client: stripe.StripeClient, lookup_key: str) -> stripe.Price:
    product = client.v1.products.create({"name": "Pro"})
    return client.v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 9900,
            "recurring": {"interval": "month"},
            "lookup_key": lookup_key,
        }
    )


def test_the_catalogue_is_made_read_and_archived(client: stripe.StripeClient) -> None:
    price = make_price(client, "sdk")
    product = str(price.product)
    client.v1.products.update(product, {"metadata": {"a": "b"}, "default_price": price.id})
    found = client.v1.products.retrieve(product, {"expand": ["default_price"]})
    assert isinstance(found.default_price, stripe.Price)
    assert found.default_price.id == price.id
    assert found.metadata["a"] == "b"
    [same] = client.v1.prices.list({"lookup_keys": ["sdk"]}).data
    assert (same.id, same.unit_amount) == (price.id, 9900)
    client.v1.products.update(product, {"default_price": ""})
    assert client.v1.prices.update(price.id, {"active": False}).active is False


def test_the_sdk_pages_through_everything(client: stripe.StripeClient) -> None:
    made = [client.v1.coupons.create({"percent_off": 10}).id for _ in range(25)]
    pages = client.v1.coupons.list({"limit": 10}).auto_paging_iter()
    assert [coupon.id for coupon in pages][:25] == made[::-1]


def test_an_idempotency_key_makes_one_object(client: stripe.StripeClient) -> None:
    first, again = (
        client.v1.products.create({"name": "Once"}, {"idempotency_key": "sdk-key"})
        for _ in range(2)
    )
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        client.v1.products.create({"name": "Twice"}, {"idempotency_key": "sdk-key"})


def test_errors_become_the_sdks_own(world: World, client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.products.retrieve("nope")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
    assert str(missing.value.request_id).startswith("req_")
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: foo"):
        client.v1.products.create({"name": "P", "foo": "1"})  # type: ignore[typeddict-unknown-key]
    wrong = stripe.StripeClient("sk_test_wrong", base_addresses={"api": world.urls["stripe"]})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        wrong.v1.accounts.retrieve_current()
    world.set_setting("stripe.limits", {"test": 0.001, "endpoint": 0})
    with pytest.raises(stripe.RateLimitError):
        client.v1.products.list()
    world.set_setting("stripe.limits", {"live": 0, "test": 0, "endpoint": 0})


def test_the_account_is_this_sandbox_in_both_modes(
    world: World, client: stripe.StripeClient
) -> None:
    live = client_for(world, "stripe_live_key")
    assert client.v1.accounts.retrieve_current().id == f"acct_sandbox{world.sandbox_id}"
    assert live.v1.products.create({"name": "Live"}).livemode is True


def test_a_checkout_reaches_the_endpoint_signed(
    world: World, client: stripe.StripeClient, hook: tuple[str, "Queue[Arrival]"]
) -> None:
    url, arrivals = hook
    wanted = ["checkout.session.completed", "invoice.payment_succeeded"]
    listening = client.v1.webhook_endpoints.create(
        {"url": url, "enabled_events": wanted, "api_version": "2024-04-10"}  # type: ignore[typeddict-item]
    )
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1:1/done",
            "client_reference_id": "user-1",
            "line_items": [{"price": make_price(client, "checkout").id, "quantity": 1}],
            "subscription_data": {"trial_period_days": 7, "metadata": {"user": "user-1"}},
        }
    )
    form = {"email": "ada@example.com", "card": "4242424242424242"}
    assert httpx.post(str(session.url), data=form).status_code == 303
    events = [verified(arrivals.get(timeout=20), str(listening.secret)) for _ in wanted]
    assert sorted(event.type for event in events) == wanted
    assert {event.api_version for event in events} == {"2024-04-10"}
    done = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert done.subscription.status == "trialing"
    assert done.subscription["items"].data[0].price.unit_amount == 9900
    client.v1.webhook_endpoints.delete(listening.id)


def verified(arrival: Arrival, secret: str) -> stripe.Event:
    headers, body = arrival
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["stripe-signature"], "whsec_other")
    event: stripe.Event = stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
    return event


def test_promotion_codes_portal_and_subscriptions_are_parsed(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 20, "duration": "once"})
    code = client.v1.promotion_codes.create(
        {
            "promotion": {"type": "coupon", "coupon": coupon.id},
            "code": "SDKCODE",
            "expand": ["promotion.coupon"],
        }
    )
    assert isinstance(code.promotion.coupon, stripe.Coupon)
    customer = client.v1.customers.create(
        {"email": "a@example.com", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    subscription = client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": make_price(client, "subscription").id}],
            "discounts": [{"promotion_code": code.id}],
            "expand": ["latest_invoice"],
        }
    )
    assert isinstance(subscription.latest_invoice, stripe.Invoice)
    assert subscription.latest_invoice.amount_paid == 7920
    portal = client.v1.billing_portal.sessions.create({"customer": customer.id})
    assert httpx.get(portal.url).status_code == 200
    ending = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == ending["items"].data[0].current_period_end
    assert client.v1.subscriptions.cancel(subscription.id).status == "canceled"


def test_a_test_clock_brings_the_renewal_signed(
    client: stripe.StripeClient, hook: tuple[str, "Queue[Arrival]"]
) -> None:
    url, arrivals = hook
    start, month = 1_750_000_000, 31 * 24 * 3600
    clocks = client.v1.test_helpers.test_clocks
    clock = clocks.create({"frozen_time": start, "name": "sdk"})
    customer = client.v1.customers.create(
        {
            "test_clock": clock.id,
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
            "expand": ["test_clock"],
        }
    )
    assert isinstance(customer.test_clock, stripe.test_helpers.TestClock)
    subscription = client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": make_price(client, "clock").id}]}
    )
    wanted = ["invoice.payment_succeeded", "test_helpers.test_clock.ready"]
    listening = client.v1.webhook_endpoints.create({"url": url, "enabled_events": wanted})  # type: ignore[typeddict-item]
    moving = clocks.advance(clock.id, {"frozen_time": start + month})
    assert moving.status_details.advancing
    assert moving.status_details.advancing.target_frozen_time == start + month
    events = [verified(arrivals.get(timeout=20), str(listening.secret)) for _ in wanted]
    assert sorted(event.type for event in events) == wanted
    ready = clocks.retrieve(clock.id)
    assert (ready.status, ready.frozen_time) == ("ready", start + month)
    renewed = client.v1.subscriptions.retrieve(subscription.id)
    assert renewed["items"].data[0].current_period_end > start + month
    with pytest.raises(stripe.InvalidRequestError, match="after its current frozen time"):
        clocks.advance(clock.id, {"frozen_time": start})
    assert clocks.delete(clock.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    client.v1.webhook_endpoints.delete(listening.id)
