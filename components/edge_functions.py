"""The edge functions: one line each, and the secrets that they read."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import pulumi

from components.billing import Billing
from settings import Settings
from stackwright import preflight, supabase


class Function(NamedTuple):
    """One line of the declaration. `verify_jwt`: the platform checks the caller's JWT."""

    slug: str
    group: Literal["stripe", "lerg", "health", "debug"]
    verify_jwt: bool = True


FUNCTIONS = [
    Function("stripe-events", "stripe", verify_jwt=False),  # Stripe signs instead
    Function("create-checkout-session", "stripe"),
    Function("get-enhanced-lerg-data", "lerg"),
    Function("get-npa-location", "lerg"),
    Function("ping-status", "health", verify_jwt=False),
]


def declared(settings: Settings) -> dict[str, bool]:
    """Slug to `verify_jwt` on this stack. A debug function must never reach users."""
    for function in FUNCTIONS:
        if function.group == "debug" and settings.app_env == "production":
            preflight.report(
                f"function {function.slug}", "is a debug function; take it out of production"
            )
    return {function.slug: function.verify_jwt for function in FUNCTIONS}


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
        values: dict[str, pulumi.Input[str]] = {
            "STRIPE_SECRET_KEY": pulumi.Output.secret(settings.stripe_api_key.get_secret_value()),
            "STRIPE_PRICE_MONTHLY_ACCELERATOR": billing.monthly.id,
            "STRIPE_PRICE_ANNUAL_ACCELERATOR": billing.annual.id,
        }
        self.secret_names = list(values)
        self.secrets = supabase.Secrets(
            "billing-secrets",
            opts=pulumi.ResourceOptions(parent=self),
            project=project.ref,
            group="billing",
            values=values,
            adopt=settings.adopt_secrets,
        )
        self.functions = supabase.Functions(
            "functions",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.secrets, *depends_on]),
            project=project.ref,
            directory="functions",
            adopt=settings.adopt_functions,
            functions=supabase.functions("functions", declared(settings)),
        )
        self.register_outputs({})

    def url(self, slug: str) -> pulumi.Output[str]:
        """The public address of a function."""
        return pulumi.Output.concat(self.project.url, "/functions/v1/", slug)
