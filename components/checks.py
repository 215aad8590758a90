"""The last step: is what we rolled out what users get?"""

import pulumi
from pulumi_command import local

from components.database import Database
from components.edge_functions import EdgeFunctions
from components.web_app import WebApp
from stackwright import probes, stripe, supabase


class Checks(pulumi.ComponentResource):
    """Probes of the web app and of two functions, then `stackwright verify`."""

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
        inside = pulumi.ResourceOptions(parent=self)
        page = probes.Http(
            "web-app",
            opts=inside,
            url=web_app.url,
            contains="VoIP Accelerator",
            revisions={"deploy": web_app.deploy.deploy_id},
        )
        ping = probes.Http(
            "ping-status",
            opts=inside,
            url=functions.url("ping-status"),
            contains='"ok"',
            revisions={"functions": functions.functions.revision},
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
        local.Command(
            "verify",
            create="stackwright verify",
            environment={"STACKWRIGHT_TARGETS": _targets(project, functions, web_app)},
            triggers=[
                database.migrations.revision,
                database.area_codes.revision,
                functions.functions.revision,
                web_app.deploy.deploy_id,
            ],
            logging=local.Logging.NONE,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[page, ping, signed]),
        )
        self.register_outputs({})


def _targets(
    project: supabase.Project, functions: EdgeFunctions, web_app: WebApp
) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "project": project.ref,
            "urls": [web_app.url, functions.url("ping-status")],
        }
    )
