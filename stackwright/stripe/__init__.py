"""Stripe: catalogue, promotion codes, webhook endpoints and portal of one account in one mode."""

from stackwright.stripe.coupon import Coupon
from stackwright.stripe.portal_configuration import PortalConfiguration
from stackwright.stripe.price import Interval, Price
from stackwright.stripe.product import Product
from stackwright.stripe.promotion_code import PromotionCode
from stackwright.stripe.webhook_endpoint import WebhookEndpoint

__all__ = [
    "Coupon",
    "Interval",
    "PortalConfiguration",
    "Price",
    "Product",
    "PromotionCode",
    "WebhookEndpoint",
]
