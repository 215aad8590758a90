"""Every parameter that Stripe's SDK knows is read or refused by name, and no other is taken."""

from typing import Any

import pytest
from stripe import RequestOptions
from stripe import params as sdk
from stripe.params import billing_portal, checkout, test_helpers

from stackwright.sandbox.stripe import checkout_sessions as sessions
from stackwright.sandbox.stripe import (
    clocks,
    coupons,
    customers,
    events,
    invoices,
    portal_configurations,
    portal_sessions,
    prices,
    products,
    promotion_codes,
    subscription_api,
    webhook_endpoints,
)
from stackwright.sandbox.stripe.parameters import Array, Mapping, Record

PAIRS: list[tuple[Any, Any]] = [
    (products.CREATE, sdk.ProductCreateParams),
    (products.UPDATE, sdk.ProductUpdateParams),
    (products.LIST, sdk.ProductListParams),
    (prices.CREATE, sdk.PriceCreateParams),
    (prices.CREATE.fields["recurring"], sdk.PriceCreateParamsRecurring),
    (prices.CREATE.fields["tiers"], sdk.PriceCreateParamsTier),
    (prices.CREATE.fields["product_data"], sdk.PriceCreateParamsProductData),
    (prices.CREATE.fields["currency_options"], sdk.PriceCreateParamsCurrencyOptions),
    (prices.CREATE.fields["transform_quantity"], sdk.PriceCreateParamsTransformQuantity),
    (prices.UPDATE, sdk.PriceUpdateParams),
    (prices.LIST, sdk.PriceListParams),
    (coupons.CREATE, sdk.CouponCreateParams),
    (coupons.UPDATE, sdk.CouponUpdateParams),
    (coupons.LIST, sdk.CouponListParams),
    (promotion_codes.CREATE, sdk.PromotionCodeCreateParams),
    (promotion_codes.CREATE.fields["promotion"], sdk.PromotionCodeCreateParamsPromotion),
    (promotion_codes.CREATE.fields["restrictions"], sdk.PromotionCodeCreateParamsRestrictions),
    (promotion_codes.UPDATE, sdk.PromotionCodeUpdateParams),
    (promotion_codes.LIST, sdk.PromotionCodeListParams),
    (webhook_endpoints.CREATE, sdk.WebhookEndpointCreateParams),
    (webhook_endpoints.UPDATE, sdk.WebhookEndpointUpdateParams),
    (webhook_endpoints.LIST, sdk.WebhookEndpointListParams),
    (events.LIST, sdk.EventListParams),
    (customers.CREATE, sdk.CustomerCreateParams),
    (customers.UPDATE, sdk.CustomerUpdateParams),
    (customers.LIST, sdk.CustomerListParams),
    (subscription_api.CREATE, sdk.SubscriptionCreateParams),
    (subscription_api.CREATE.fields["items"], sdk.SubscriptionCreateParamsItem),
    (subscription_api.UPDATE, sdk.SubscriptionUpdateParams),
    (subscription_api.UPDATE.fields["items"], sdk.SubscriptionUpdateParamsItem),
    (subscription_api.CANCEL, sdk.SubscriptionCancelParams),
    (subscription_api.LIST, sdk.SubscriptionListParams),
    (invoices.LIST, sdk.InvoiceListParams),
    (invoices.PAY, sdk.InvoicePayParams),
    (sessions.CREATE, checkout.SessionCreateParams),
    (sessions.CREATE.fields["line_items"], checkout.SessionCreateParamsLineItem),
    (sessions.CREATE.fields["subscription_data"], checkout.SessionCreateParamsSubscriptionData),
    (sessions.UPDATE, checkout.SessionUpdateParams),
    (sessions.LIST, checkout.SessionListParams),
    (portal_sessions.CREATE, billing_portal.SessionCreateParams),
    (portal_configurations.CREATE, billing_portal.ConfigurationCreateParams),
    (
        portal_configurations.CREATE.fields["features"],
        billing_portal.ConfigurationCreateParamsFeatures,
    ),
    (portal_configurations.UPDATE, billing_portal.ConfigurationUpdateParams),
    (clocks.CREATE, test_helpers.TestClockCreateParams),
    (clocks.ADVANCE, test_helpers.TestClockAdvanceParams),
    (clocks.LIST, test_helpers.TestClockListParams),
]
OLDER = {
    "PromotionCodeCreateParams": {"coupon"},
    "SessionCreateParams": {"payment_method_types"},
}
"""Parameters of older API versions, which the newest SDK no longer has."""


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda one: getattr(one, "__name__", ""))
def test_our_parameters_are_stripes(ours: Any, theirs: Any) -> None:
    while isinstance(ours, Array | Mapping):
        ours = ours.of
    assert isinstance(ours, Record)
    expected = set(theirs.__annotations__) - set(RequestOptions.__annotations__)
    known = set(ours.fields) - OLDER.get(theirs.__name__, set())
    assert (sorted(known - expected), sorted(expected - known)) == ([], [])
