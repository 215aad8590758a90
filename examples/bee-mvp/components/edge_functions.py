"""The edge functions whose audit is done, and the secrets that they read."""

import pulumi

from components.database import Database
from settings import Settings
from stackwright import supabase

CALCULATOR = "momentum-score-calculator"


class EdgeFunctions(pulumi.ComponentResource):
    """Published after tables and secrets are there. Others' functions stay and are listed."""

    def __init__(
        self, name: str, settings: Settings, project: supabase.Project, database: Database
    ) -> None:
        super().__init__("bee:EdgeFunctions", name)
        self.secrets = supabase.Secrets(
            "monitoring",
            project=project.ref,
            values={
                "GCP_PROJECT_ID": settings.gcp_project_id,
                "GCP_REGION": settings.gcp_region,
            },
            adopt=settings.adopt_secrets,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.functions = supabase.Functions(
            "functions",
            project=project.ref,
            functions=supabase.functions("functions", {CALCULATOR: True}),
            adopt=settings.adopt_functions,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[self.secrets, database.migrations]
            ),
        )
        self.register_outputs({})
