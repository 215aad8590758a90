"""What Stripe sells for us, the code of the beta testers, what customers may do in Stripe's portal,
and where Stripe tells what was sold."""

import pulumi

from settings import Settings
from stackwright import stripe, supabase

TESTER_CODE = "BETATESTER2025"
EVENTS = [
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
]


class Billing(pulumi.ComponentResource):
    """The product with a monthly and an annual price. Amounts are settings, not code.

    The testers' code adds days to the trial and is not meant to take anything off. Stripe has no
    code without a coupon and no coupon without a discount, so this one takes one cent off one
    invoice, of this product only. The days are in the code's metadata, for the checkout to read.
    """

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
        self.tester_code = self._tester_code(settings.beta_trial_days)
        self.portal = self._portal()
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

    def _tester_code(self, extra_days: int) -> stripe.PromotionCode:
        """No limit and no end: every registered tester can use it. A new coupon is a new code."""
        coupon = stripe.Coupon(
            "beta-tester",
            opts=pulumi.ResourceOptions(parent=self),
            coupon_id="voip_accelerator_beta_tester",
            amount_off=1,
            currency="usd",
            duration="once",
            products=[self.product.id],
            name="VoIP Accelerator beta tester",
        )
        return stripe.PromotionCode(
            "beta-tester-code",
            opts=pulumi.ResourceOptions(parent=self, replace_with=[coupon]),
            code=TESTER_CODE,
            coupon=coupon.id,
            metadata={"plan": "accelerator", "extra_trial_days": str(extra_days)},
        )

    def _portal(self) -> stripe.PortalConfiguration:
        """Customers see invoices, change the card, and cancel at the end of what they paid for."""
        return stripe.PortalConfiguration(
            "portal",
            opts=pulumi.ResourceOptions(parent=self),
            name="VoIP Accelerator",
            features={
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {
                    "enabled": True,
                    "mode": "at_period_end",
                    "proration_behavior": "none",
                },
            },
            business_profile={"headline": "VoIP Accelerator"},
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
