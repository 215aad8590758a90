"""The last step: does the database hold what was declared?"""

import pulumi
from pulumi_command import local

from components.database import Database
from stackwright import supabase


def verified(project: supabase.Project, database: Database) -> None:
    """`stackwright verify`: every check of `sql/checks`, again after each change."""
    local.Command(
        "verify",
        create="stackwright verify",
        environment={"STACKWRIGHT_TARGETS": pulumi.Output.json_dumps({"project": project.ref})},
        triggers=list(database.revisions),
        logging=local.Logging.NONE,
        opts=pulumi.ResourceOptions(depends_on=[database]),
    )
