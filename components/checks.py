"""The last step: is what we rolled out what users get?"""

from typing import NamedTuple

import pulumi
from pulumi_command import local

from components.database import Database
from components.edge_functions import EdgeFunctions
from components.web_app import WebApp
from stackwright import preflight, probes, stripe, supabase


class Call(NamedTuple):
    """A harmless call of a function with the public key, and the answer that is right."""

    status: int
    contains: str
    body: str = "{}"


# By slug; `stripe-events` is sent a signed event instead.
# Most functions serve users only, and the public key is none: they refuse it before they touch
# anything, which still proves that they start and answer.
NOBODY = Call(401, "Sign in first")
CALLS = {
    "get-enhanced-lerg-data": Call(200, '"statistics":{"total":'),  # admins add to the 450
    "get-npa-location": Call(200, "New York", body='{"npa": "212"}'),
    "add-enhanced-lerg-record": NOBODY,
    "update-enhanced-lerg-record": NOBODY,
    "create-checkout-session": NOBODY,
    "create-portal-session": NOBODY,
    "check-subscription-status": NOBODY,
    "upgrade-subscription": NOBODY,
    "cancel-subscription": NOBODY,
    "manage-session": NOBODY,
    "check-session": NOBODY,
    "cleanup-inactive-sessions": NOBODY,
    "get-active-sessions": NOBODY,
    "revoke-session": NOBODY,
    "get-all-users": NOBODY,
    "delete-user-account": NOBODY,
    "ping-status": Call(200, '"ok"'),
    "debug-echo": NOBODY,
}


class Checks(pulumi.ComponentResource):
    """Probes of the web app and of every function, then `stackwright verify`."""

    def __init__(
        self,
        name: str,
        project: supabase.Project,
        database: Database,
        functions: EdgeFunctions,
        webhook: stripe.WebhookEndpoint,
        webhook_secret: supabase.Secrets,
        web_app: WebApp,
    ) -> None:
        super().__init__("voip:Checks", name)
        self.project, self.functions, self.web_app = project, functions, web_app
        page = probes.Http(
            "web-app",
            opts=pulumi.ResourceOptions(parent=self),
            url=web_app.url,
            contains="VoIP Accelerator",
            revisions={"deploy": web_app.deploy.deploy_id},
        )
        signed = probes.StripeEvent(
            "signed-event",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[webhook_secret]),
            url=webhook.url,
            secret=webhook.secret,
            revisions={
                "functions": functions.functions.revision,
                "secret": webhook_secret.revision,
            },
        )
        calls = self._calls()
        local.Command(
            "verify",
            create="stackwright verify",
            environment={"STACKWRIGHT_TARGETS": self._targets()},
            triggers=[
                database.migrations.revision,
                database.area_codes.revision,
                functions.functions.revision,
                web_app.deploy.deploy_id,
            ],
            logging=local.Logging.NONE,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[page, signed, *calls]),
        )
        self.register_outputs({})

    def _calls(self) -> list[probes.Http]:
        slugs = [f.slug for f in self.functions.declared if f.slug != "stripe-events"]
        for slug in slugs:
            if slug not in CALLS:
                preflight.report(
                    f"function {slug}", "is never called; give it a line in components/checks.py"
                )
        return [self._call(slug, CALLS[slug]) for slug in slugs if slug in CALLS]

    def _call(self, slug: str, call: Call) -> probes.Http:
        return probes.Http(
            slug,
            opts=pulumi.ResourceOptions(parent=self),
            url=self.functions.url(slug),
            method="POST",
            headers={
                "Authorization": pulumi.Output.concat("Bearer ", self.project.anon_key),
                "Content-Type": "application/json",
            },
            body=call.body,
            status=call.status,
            contains=call.contains,
            revisions={"functions": self.functions.functions.revision},
        )

    def _targets(self) -> pulumi.Output[str]:
        """What `stackwright verify` looks at: the state is not complete while we run."""
        return pulumi.Output.json_dumps(
            {
                "project": self.project.ref,
                "urls": [self.web_app.url, self.functions.url("ping-status")],
                "functions": {f.slug: f.verify_jwt for f in self.functions.declared},
                "secrets": [*self.functions.secret_names, "STRIPE_WEBHOOK_SECRET"],
            }
        )
