"""The edge functions: one line each, and the secrets that they read."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import pulumi

from components.billing import Billing
from settings import Settings
from stackwright import preflight, supabase
from stackwright.supabase.environment import variables

Stack = Literal["dev", "prod"]
Group = Literal["stripe", "lerg", "session", "admin", "health", "debug"]

BOTH: tuple[Stack, ...] = ("dev", "prod")
KEY, SIGNING = "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"
MONTHLY, ANNUAL = "STRIPE_PRICE_MONTHLY_ACCELERATOR", "STRIPE_PRICE_ANNUAL_ACCELERATOR"
PORTAL = "STRIPE_PORTAL_CONFIGURATION"
SECRETS = {KEY, SIGNING, MONTHLY, ANNUAL, PORTAL}
# Functions have a default of their own for these: nothing need be declared.
OPTIONAL = {"STRIPE_API_BASE", "APP_ENV"}


class Function(NamedTuple):
    """One line of the declaration; the sources are in `functions/<slug>`.

    `verify_jwt`: the platform checks the caller's JWT. `secrets`: all that the sources read.
    `switch`: the setting without which the function is left out.
    """

    slug: str
    group: Group
    stacks: tuple[Stack, ...] = BOTH
    verify_jwt: bool = True
    secrets: tuple[str, ...] = ()
    switch: Callable[[Settings], bool] | None = None


FUNCTIONS = [
    Function("get-enhanced-lerg-data", "lerg"),
    Function("get-npa-location", "lerg"),
    Function("add-enhanced-lerg-record", "lerg"),
    Function("update-enhanced-lerg-record", "lerg"),
    # Stripe signs instead of sending a JWT.
    Function("stripe-events", "stripe", BOTH, False, (KEY, SIGNING, MONTHLY, ANNUAL)),
    Function("create-checkout-session", "stripe", secrets=(KEY, MONTHLY, ANNUAL)),
    Function("create-portal-session", "stripe", secrets=(KEY, PORTAL)),
    Function("check-subscription-status", "stripe"),
    Function("upgrade-subscription", "stripe", secrets=(KEY, MONTHLY, ANNUAL)),
    Function(
        "cancel-subscription", "stripe", secrets=(KEY,), switch=lambda s: s.cancel_subscription
    ),
    Function("manage-session", "session"),
    Function("check-session", "session"),
    Function("cleanup-inactive-sessions", "session"),
    Function("get-active-sessions", "session"),
    Function("revoke-session", "session"),
    Function("get-all-users", "admin"),
    Function("delete-user-account", "admin"),
    Function("ping-status", "health", verify_jwt=False),
    Function("debug-echo", "debug", stacks=("dev",)),
]


def declared(settings: Settings) -> list[Function]:
    """The functions of this stack; what is wrong with their lines is reported."""
    stack: Stack = "prod" if settings.app_env == "production" else "dev"
    here = [f for f in FUNCTIONS if stack in f.stacks and (f.switch is None or f.switch(settings))]
    for function in FUNCTIONS:
        if function.group == "debug" and "prod" in function.stacks:
            _report(function, "is a debug function; take prod out of its stacks")
    for function in here:
        for problem in _secret_problems(function):
            _report(function, problem)
    return here


def _secret_problems(function: Function) -> Iterable[str]:
    """Where the line, the sources and the declared secrets do not agree."""
    read, told = variables("functions", function.slug) - OPTIONAL, set(function.secrets)
    for name in sorted(read - told):
        yield f"reads {name}, which is not on its line; add it to the line's secrets"
    for name in sorted(told - read):
        yield f"does not read {name}; take it out of the line's secrets"
    for name in sorted(told - SECRETS):
        yield f"needs {name}, which no supabase.Secrets sets; declare it"


def _report(function: Function, problem: str) -> None:
    preflight.report(f"function {function.slug} (components/edge_functions.py)", problem)


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
        self.project, self.declared = project, declared(settings)
        values: dict[str, pulumi.Input[str]] = {
            KEY: pulumi.Output.secret(settings.stripe_api_key.get_secret_value()),
            MONTHLY: billing.monthly.id,
            ANNUAL: billing.annual.id,
            PORTAL: billing.portal.id,
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
        jwt = {function.slug: function.verify_jwt for function in self.declared}
        self.functions = supabase.Functions(
            "functions",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.secrets, *depends_on]),
            project=project.ref,
            directory="functions",
            adopt=settings.adopt_functions,
            functions=supabase.functions("functions", jwt),
        )
        self.register_outputs({})

    def url(self, slug: str) -> pulumi.Output[str]:
        """The public address of a function."""
        return pulumi.Output.concat(self.project.url, "/functions/v1/", slug)
