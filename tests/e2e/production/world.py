"""What the tests of production share: names, queries, and a look at each part."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.e2e.project import Project

REF = "voipacceleratorproda"
SETTINGS = "Pulumi.prod.yaml"
PASSWORD = "kept-by-the-rollout"
DUPLICATES = [
    "Enable insert for authenticated users",
    "Enable read access for own profile",
    "Enable update for users based on id",
    "profiles_select_own",
]
STRANGERS = {"add-lerg-code", "get-lerg-codes", "lookup-npa-nxx", "update-lerg-code"}

USERS = "select id, email, encrypted_password from auth.users order by email"
LEGACY = "select l::text from lerg_codes l order by 1"
POLICIES = """
    select tablename, policyname, cmd, roles::text, qual, with_check from pg_policies
    where schemaname = 'public' order by 1, 2"""
TRIGGERS = """
    select tgname, tgfoid::regprocedure::text from pg_trigger
    where tgrelid = 'auth.users'::regclass and not tgisinternal"""
LEDGER = "select count(*), max(version) from supabase_migrations.schema_migrations"


def counts(project: Project, area_codes: str) -> dict[str, int]:
    [(migrations, users, npas)] = project.database(
        "select (select count(*) from supabase_migrations.schema_migrations),"
        f" (select count(*) from auth.users), (select count(*) from {area_codes})"
    )
    functions = len(project.supabase()("GET", f"/v1/projects/{project.ref}/functions"))
    return {"migrations": migrations, "functions": functions, "users": users, "npas": npas}


def sign_in(project: Project, email: str) -> httpx.Response:
    return httpx.post(
        f"{project.gateway}/auth/v1/token?grant_type=password",
        json={"email": email, "password": PASSWORD},
        headers={"apikey": project.anon_key()},
        trust_env=False,
        timeout=30,
    )


def stripe(project: Project, mode: str) -> Callable[..., Any]:
    return project.vendor(*project.variables("STRIPE_API_BASE", f"STRIPE_API_KEY_{mode}"))
