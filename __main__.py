"""The VoIP Accelerator, from top to bottom in the order in which it rolls out."""

import pulumi

import stackwright
from components.billing import Billing, webhook
from components.checks import Checks
from components.database import Database
from components.edge_functions import EdgeFunctions
from components.protection import protect
from components.web_app import WebApp
from settings import Settings
from stackwright import supabase

with stackwright.program(Settings) as settings:
    if settings.app_env == "production":
        protect()
    project = supabase.Project(
        "project", ref=settings.supabase_ref, region=settings.supabase_region
    )
    database = Database("database", settings, project)
    billing = Billing("billing", settings)
    functions = EdgeFunctions(
        "edge-functions", settings, project, billing, depends_on=[database.area_codes]
    )
    events = webhook(settings, project, functions.functions)
    webhook_secret = supabase.Secrets(
        "webhook-secret",
        project=project.ref,
        group="webhook",
        values={"STRIPE_WEBHOOK_SECRET": events.secret},
        adopt=settings.adopt_secrets,
    )
    web_app = WebApp("web-app", settings, project, billing, depends_on=[functions.functions])
    Checks("checks", project, database, functions, events, webhook_secret, web_app)

    pulumi.export("web_app", web_app.url)
    pulumi.export("ping_status", functions.url("ping-status"))
