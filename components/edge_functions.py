"""The edge functions: one line each, and the secrets that they read."""

from collections.abc import Sequence

import pulumi

from components.billing import Billing
from settings import Settings
from stackwright import supabase

FUNCTIONS = {
    # slug: whether the platform checks the caller's JWT
    "stripe-events": False,  # Stripe signs instead
    "create-checkout-session": True,
    "get-enhanced-lerg-data": True,
    "get-npa-location": True,
    "ping-status": False,
}


class EdgeFunctions(pulumi.ComponentResource):
    """Functions over `functions/_shared`, published together after what they need."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        project: supabase.Project,
        billing: Billing,
        depends_on: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("voip:EdgeFunctions", name)
        self.project = project
        self.secrets = supabase.Secrets(
            "billing-secrets",
            opts=pulumi.ResourceOptions(parent=self),
            project=project.ref,
            group="billing",
            values={
                "STRIPE_SECRET_KEY": pulumi.Output.secret(
                    settings.stripe_api_key.get_secret_value()
                ),
                "STRIPE_PRICE_MONTHLY_ACCELERATOR": billing.monthly.id,
                "STRIPE_PRICE_ANNUAL_ACCELERATOR": billing.annual.id,
            },
        )
        self.functions = supabase.Functions(
            "functions",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.secrets, *depends_on]),
            project=project.ref,
            directory="functions",
            functions=supabase.functions("functions", FUNCTIONS),
        )
        self.register_outputs({})

    def url(self, slug: str) -> pulumi.Output[str]:
        """The public address of a function."""
        return pulumi.Output.concat(self.project.url, "/functions/v1/", slug)
