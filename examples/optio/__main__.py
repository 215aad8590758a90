"""Optio's database, from top to bottom in the order in which it rolls out."""

import pulumi

import stackwright
from components.checks import verified
from components.database import Database
from settings import Settings
from stackwright import supabase

with stackwright.program(Settings) as settings:
    project = supabase.Project(
        "project",
        ref=settings.supabase_ref,
        region=settings.supabase_region,
        opts=pulumi.ResourceOptions(protect=settings.is_production),
    )
    database = Database("database", settings, project)
    verified(project, database)

    pulumi.export("supabase_url", project.url)
