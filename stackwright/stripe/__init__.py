"""Stripe: the catalogue, promotion codes and webhook endpoints of one account in one mode."""

from stackwright.stripe.coupon import Coupon
from stackwright.stripe.price import Interval, Price
from stackwright.stripe.product import Product
from stackwright.stripe.promotion_code import PromotionCode
from stackwright.stripe.webhook_endpoint import WebhookEndpoint

__all__ = ["Coupon", "Interval", "Price", "Product", "PromotionCode", "WebhookEndpoint"]
