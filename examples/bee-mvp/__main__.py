"""BEE MVP's server side, from top to bottom in the order in which it rolls out."""

import pulumi

import stackwright
from components.checks import checked
from components.database import Database
from components.edge_functions import EdgeFunctions
from settings import Settings
from stackwright import supabase

with stackwright.program(Settings) as settings:
    project = supabase.Project(
        "project",
        ref=settings.supabase_ref,
        region=settings.supabase_region,
        opts=pulumi.ResourceOptions(protect=True),
    )
    database = Database("database", settings, project)
    functions = EdgeFunctions("edge-functions", settings, project, database)
    checked(project, database, functions)

    pulumi.export("supabase_url", project.url)
    pulumi.export("supabase_anon_key", project.anon_key)
