"""What Stripe sells for us, and where it tells us what was sold."""

import pulumi

from settings import Settings
from stackwright import stripe, supabase

EVENTS = [
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
]


class Billing(pulumi.ComponentResource):
    """The product with a monthly and an annual price. Amounts are settings, not code."""

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__("voip:Billing", name)
        self.product = stripe.Product(
            "accelerator",
            opts=pulumi.ResourceOptions(parent=self),
            product_id="voip_accelerator",
            name="VoIP Accelerator",
            metadata={"plan": "accelerator"},
        )
        self.monthly = self._price("monthly", settings.monthly_amount, "month")
        self.annual = self._price("annual", settings.annual_amount, "year")
        self.register_outputs({})

    def _price(self, name: str, amount: int, interval: stripe.Interval) -> stripe.Price:
        return stripe.Price(
            name,
            opts=pulumi.ResourceOptions(parent=self),
            product=self.product.id,
            currency="usd",
            unit_amount=amount,
            recurring={"interval": interval},
            lookup_key=f"accelerator_{name}",
        )


def webhook(
    settings: Settings, project: supabase.Project, functions: pulumi.Resource
) -> stripe.WebhookEndpoint:
    """Stripe's events go to `stripe-events`, which must be there before the first one comes."""
    return stripe.WebhookEndpoint(
        "events",
        opts=pulumi.ResourceOptions(depends_on=[functions]),
        url=pulumi.Output.concat(project.url, "/functions/v1/stripe-events"),
        enabled_events=EVENTS,
        api_version=settings.stripe_api_version,
        description=f"VoIP Accelerator, {settings.app_env}",
    )
