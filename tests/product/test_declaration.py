"""The table of functions: what each stack gets, and what is wrong with a line is said at once."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components import checks, edge_functions
from components.edge_functions import FUNCTIONS, declared
from settings import Settings
from stackwright import preflight
from tests.product.helpers import ROOT

BY_SLUG = {function.slug: function for function in FUNCTIONS}
# The names in the product's papers; `stripe-webhook` is an older name of `stripe-events`.
NAMED = {
    "stripe": {
        "create-checkout-session",
        "create-portal-session",
        "stripe-events",
        "check-subscription-status",
        "upgrade-subscription",
        "cancel-subscription",
    },
    "lerg": {
        "get-enhanced-lerg-data",
        "get-npa-location",
        "add-enhanced-lerg-record",
        "update-enhanced-lerg-record",
    },
    "session": {
        "manage-session",
        "check-session",
        "cleanup-inactive-sessions",
        "get-active-sessions",
        "revoke-session",
    },
    "admin": {"get-all-users", "delete-user-account"},
    "health": {"ping-status"},
}


def settings(app_env: str, *, cancel_subscription: bool = True) -> Settings:
    return Settings.model_construct(app_env=app_env, cancel_subscription=cancel_subscription)


def slugs(app_env: str, **chosen: Any) -> set[str]:
    return {function.slug for function in declared(settings(app_env, **chosen))}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(ROOT)
    found: list[str] = []
    monkeypatch.setattr(preflight, "report", lambda where, what: found.append(f"{where}: {what}"))
    return found


def with_line(monkeypatch: pytest.MonkeyPatch, slug: str, **fields: Any) -> None:
    lines = [f._replace(**fields) if f.slug == slug else f for f in FUNCTIONS]
    monkeypatch.setattr(edge_functions, "FUNCTIONS", lines)


def test_every_name_is_declared_in_its_group_on_both_stacks(said: list[str]) -> None:
    both = [function for function in FUNCTIONS if function.stacks == edge_functions.BOTH]
    assert {g: {f.slug for f in both if f.group == g} for g in NAMED} == NAMED
    assert slugs("production") == set().union(*NAMED.values())
    assert slugs("staging") - slugs("production") == {"debug-echo"}
    assert said == []


def test_only_what_signs_or_says_nothing_is_open_to_everybody() -> None:
    assert {f.slug for f in FUNCTIONS if not f.verify_jwt} == {"stripe-events", "ping-status"}


@pytest.mark.parametrize("app_env", ["staging", "production"])
def test_cancelling_in_the_app_has_a_switch(said: list[str], app_env: str) -> None:
    less = slugs(app_env, cancel_subscription=False)
    assert slugs(app_env) - less == {"cancel-subscription"}
    assert said == []


@pytest.mark.parametrize("app_env", ["staging", "production"])
def test_a_debug_function_on_production_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: list[str], app_env: str
) -> None:
    with_line(monkeypatch, "debug-echo", stacks=("dev", "prod"))
    declared(settings(app_env))
    [problem] = said
    assert problem.startswith("function debug-echo (components/edge_functions.py): is a debug")


@pytest.mark.parametrize(
    ("slug", "secrets", "problem"),
    [
        ("create-portal-session", (), "reads STRIPE_SECRET_KEY, which is not on its line"),
        ("get-npa-location", ("STRIPE_SECRET_KEY",), "does not read STRIPE_SECRET_KEY"),
        ("ping-status", ("SENDGRID_KEY",), "needs SENDGRID_KEY, which no supabase.Secrets sets"),
    ],
)
def test_a_line_must_name_the_secrets_that_the_sources_read(
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
    slug: str,
    secrets: tuple[str, ...],
    problem: str,
) -> None:
    with_line(monkeypatch, slug, secrets=secrets)
    declared(settings("staging"))
    assert any(f"function {slug} " in line and problem in line for line in said), said


def test_a_secret_that_a_new_source_reads_is_missed(
    monkeypatch: pytest.MonkeyPatch, said: list[str], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "functions/_shared/cors.ts"
    source.write_text(source.read_text() + '\nexport const key = Deno.env.get("MAIL_KEY");\n')
    declared(settings("production"))
    assert len(said) == len(slugs("production"))
    assert all("reads MAIL_KEY, which is not on its line" in line for line in said)


def test_every_function_is_called_after_its_deployment() -> None:
    assert checks.CALLS.keys() == BY_SLUG.keys() - {"stripe-events"}  # which gets a signed event


def test_the_page_of_the_functions_says_what_the_table_says() -> None:
    page = (ROOT / "docs/functions.md").read_text()
    told = {}
    for slug, rest in re.findall(r"(?m)^\| `([a-z-]+)` \|(.*)\|$", page):
        group, stacks, jwt, secrets, _ = (cell.strip() for cell in rest.split("|"))
        names = tuple(re.findall(r"`(\w+)`", secrets))
        told[slug] = (group, tuple(stacks.split(", ")), jwt.startswith("yes"), names)
    assert told == {f.slug: (f.group, f.stacks, f.verify_jwt, f.secrets) for f in FUNCTIONS}


def test_the_page_of_the_variables_is_what_the_declaration_says() -> None:
    command = [sys.executable, str(ROOT / "scripts/variables.py"), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.stdout == ""
    assert answer.returncode == 0, answer.stderr
