"""The browser's part: a static site, built from git with exactly these public variables."""

from collections.abc import Sequence

import pulumi

from components.billing import Billing
from settings import Settings
from stackwright import render, supabase


class WebApp(pulumi.ComponentResource):
    """Service, its variables, and one deploy when either changed."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        project: supabase.Project,
        billing: Billing,
        depends_on: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("voip:WebApp", name)
        self.service = render.Service(
            "service",
            opts=pulumi.ResourceOptions(parent=self),
            name=f"voip-accelerator-{settings.app_env}",
            type="static_site",
            repo=settings.web_app_repo,
            branch=settings.web_app_branch,
            build_command="sh build.sh",
            publish_path="dist",
            routes=[{"type": "rewrite", "source": "/*", "destination": "/index.html"}],
        )
        self.env_vars = render.EnvVars(
            "env-vars",
            opts=pulumi.ResourceOptions(parent=self),
            service=self.service.id,
            values={
                "VITE_APP_ENV": settings.app_env,
                "VITE_SUPABASE_URL": project.url,
                "VITE_SUPABASE_ANON_KEY": project.anon_key,
                "VITE_STRIPE_PUBLISHABLE_KEY": settings.stripe_publishable_key,
                "VITE_STRIPE_PRICE_MONTHLY_ACCELERATOR": billing.monthly.id,
                "VITE_STRIPE_PRICE_ANNUAL_ACCELERATOR": billing.annual.id,
            },
        )
        self.deploy = render.Deploy(
            "deploy",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            service=self.service.id,
            revisions={"service": self.service.revision, "env_vars": self.env_vars.revision},
            commit=settings.web_app_commit,
        )
        self.url = self.service.url
        self.register_outputs({})
