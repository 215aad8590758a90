"""Stripe: the catalogue and the webhook endpoints of one account in one mode."""

from stackwright.stripe.price import Interval, Price
from stackwright.stripe.product import Product
from stackwright.stripe.webhook_endpoint import WebhookEndpoint

__all__ = ["Interval", "Price", "Product", "WebhookEndpoint"]
