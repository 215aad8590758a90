"""The last step: does the function answer, and does the database hold what was declared?"""

import pulumi
from pulumi_command import local

from components.database import Database
from components.edge_functions import CALCULATOR, EdgeFunctions
from stackwright import probes, supabase


def checked(project: supabase.Project, database: Database, functions: EdgeFunctions) -> None:
    """A call with the public key, which the function must refuse, then `stackwright verify`."""
    call = probes.Http(
        "calculator-refuses-nobody",
        url=pulumi.Output.concat(project.url, "/functions/v1/", CALCULATOR),
        method="POST",
        headers={"Authorization": pulumi.Output.concat("Bearer ", project.anon_key)},
        body="{}",
        status=401,
        contains="not_signed_in",
        revisions={"functions": functions.functions.revision},
    )
    local.Command(
        "verify",
        create="stackwright verify",
        environment={"STACKWRIGHT_TARGETS": _targets(project)},
        triggers=[
            database.migrations.revision,
            database.flags.revision,
            functions.functions.revision,
            functions.secrets.revision,
        ],
        logging=local.Logging.NONE,
        opts=pulumi.ResourceOptions(depends_on=[call, database, functions]),
    )


def _targets(project: supabase.Project) -> pulumi.Output[str]:
    """What `stackwright verify` looks at: the state is not complete while we run."""
    return pulumi.Output.json_dumps(
        {
            "project": project.ref,
            "functions": {CALCULATOR: True},
            "secrets": ["GCP_PROJECT_ID", "GCP_REGION"],
        }
    )
