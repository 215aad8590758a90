"""The last step: is what we rolled out what users get?"""

from typing import NamedTuple

import pulumi
from pulumi_command import local

from components.database import Database
from components.edge_functions import FUNCTIONS, EdgeFunctions
from components.web_app import WebApp
from stackwright import probes, stripe, supabase


class Call(NamedTuple):
    """A harmless call of a function with the public key, and the answer that is right."""

    slug: str
    status: int
    contains: str
    body: str = "{}"


CALLS = [
    Call("ping-status", 200, '"ok"'),
    Call("get-npa-location", 200, "New York", body='{"npa": "212"}'),
    Call("get-enhanced-lerg-data", 200, '"total":450'),
    Call("create-checkout-session", 401, "error"),  # nobody is signed in
]


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
        calls = [self._call(call) for call in CALLS]
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

    def _call(self, call: Call) -> probes.Http:
        return probes.Http(
            call.slug,
            opts=pulumi.ResourceOptions(parent=self),
            url=self.functions.url(call.slug),
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
                "functions": {function.slug: function.verify_jwt for function in FUNCTIONS},
                "secrets": [*self.functions.secret_names, "STRIPE_WEBHOOK_SECRET"],
            }
        )
