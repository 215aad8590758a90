"""Production after our first `up`: adopted, and nothing lost that is to be kept."""

import json
import signal
from typing import Any

import httpx
from playwright.sync_api import Page

from stackwright.postgres.server import free_port
from tests.e2e.browser import needs_chromium, served, visit
from tests.e2e.production.world import (
    DUPLICATES,
    LEDGER,
    LEGACY,
    POLICIES,
    REF,
    SETTINGS,
    STRANGERS,
    TRIGGERS,
    USERS,
    sign_in,
    stripe,
)
from tests.e2e.project import VERSIONS, Project


def test_the_first_up_begins_with_a_verified_backup_of_what_was_there(prod: Project) -> None:
    [backup] = _backups(prod)
    assert backup["verified"]
    assert backup["tables"]["public.lerg_codes"] == 440
    assert backup["auth_tables"]["auth.users"] == 14
    assert "public.enhanced_lerg" not in backup["tables"]


def test_users_keep_ids_and_passwords_and_have_a_trial(
    prod: Project, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    assert len(before[USERS]) == 14
    assert prod.database(USERS) == before[USERS]
    for number in (1, 14):
        answer = sign_in(prod, f"tester-{number}@example.com")
        assert answer.status_code == 200, answer.text
    ends = "select count(*) from profiles join auth.users using (id) where plan_expires_at > now()"
    assert prod.database(f"{ends} and subscription_status = 'trial'") == [(14,)]


def test_the_database_is_as_declared_and_the_legacy_table_untouched(
    prod: Project, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    policies = prod.database(POLICIES)
    assert len(policies) == 10
    assert not {policy for _, policy, *_ in policies} & set(DUPLICATES)
    assert prod.database(TRIGGERS) == [("on_auth_user_created", "handle_new_user()")]
    assert prod.database("select count(*) from enhanced_lerg") == [(450,)]
    assert prod.database("select count(*) from enhanced_lerg where confidence_score = 85") == [(0,)]
    assert prod.database(LEGACY) == before[LEGACY]
    assert prod.database(LEDGER) == [(19 + len(VERSIONS), VERSIONS[-1])]


def test_the_dropped_policies_are_kept_as_statements(prod: Project) -> None:
    kept = "select name, definition from stackwright.earlier_objects where kind = 'policy'"
    definitions = dict(prod.database(kept))
    assert {f"{policy} on profiles" for policy in DUPLICATES} < definitions.keys()
    assert definitions["profiles_select_own on profiles"] == (
        "create policy profiles_select_own on public.profiles as PERMISSIVE for SELECT to public"
        " using ((id = auth.uid()))"
    )


def test_functions_and_secrets_of_others_stay_and_are_listed(prod: Project) -> None:
    supabase = prod.supabase()
    functions = {f["slug"]: f for f in supabase("GET", f"/v1/projects/{REF}/functions")}
    assert functions.keys() > STRANGERS
    assert not [slug for slug in functions if "debug" in slug]
    assert functions["get-npa-location"]["version"] == 2
    assert functions["get-lerg-codes"]["version"] == 1
    assert set(prod.resource("functions")["outputs"]["unmanaged"]) == STRANGERS
    secrets = {s["name"] for s in supabase("GET", f"/v1/projects/{REF}/secrets")}
    assert {"RATE_SHEET_BUCKET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"} < secrets
    assert "functions that nobody declared" in prod.stackwright_on_stack("verify").text


def test_money_is_real_and_the_test_account_is_empty(prod: Project) -> None:
    live, test = (stripe(prod, mode) for mode in ("LIVE", "TEST"))
    prices = live("GET", "/v1/prices")["data"]
    assert {(price["unit_amount"], price["livemode"]) for price in prices} == {
        (9900, True),
        (99900, True),
    }
    [endpoint] = live("GET", "/v1/webhook_endpoints")["data"]
    assert endpoint["livemode"]
    assert endpoint["url"].endswith(f"{REF}/functions/v1/stripe-events")
    assert test("GET", "/v1/prices")["data"] == []
    assert test("GET", "/v1/webhook_endpoints")["data"] == []


@needs_chromium
def test_the_web_app_of_production_loads_and_talks_to_production(prod: Project, page: Page) -> None:
    app = prod.status()["services"]["voip-accelerator-production"]
    complaints = visit(page, app)
    page.wait_for_function("document.getElementById('ping').textContent === 'ok'")
    page.wait_for_selector("#statistics dd")
    assert page.text_content("#environment") == "production"
    text = served(page, app)
    live, *others = prod.variables(
        "STRIPE_PUBLISHABLE_KEY_LIVE",
        "STRIPE_PUBLISHABLE_KEY_TEST",
        "STRIPE_API_KEY_LIVE",
        "STRIPE_API_KEY_TEST",
    )
    assert live in text
    assert f"/{REF}" in text
    assert "voipacceleratordevaa" not in text
    assert not [key for key in (*others, "pk_test_", "sk_test_", "sk_live_") if key in text]
    assert complaints == []


def test_the_web_app_is_built_and_served_here_to_be_looked_at(prod: Project) -> None:
    port, mark = str(free_port()), prod.mark()
    process = prod.popen("stackwright", "preview-web", "--stack", "prod", "--port", port)
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    assert any("Ctrl-C ends it" in line for line in lines)
    page = httpx.get(f"http://127.0.0.1:{port}/some/deep/link", trust_env=False)
    assert "VoIP Accelerator" in page.text
    script = httpx.get(f"http://127.0.0.1:{port}/app.js", trust_env=False).text
    assert prod.variables("STRIPE_PUBLISHABLE_KEY_LIVE")[0] in script
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out == "ended; nothing is left\n"
    assert not list((prod.folder / ".stackwright").glob("preview-web-*"))
    assert prod.writes(mark) == []


def test_a_second_up_changes_nothing(prod: Project) -> None:
    mark = prod.mark()
    assert prod.up().nothing_changed
    assert prod.writes(mark) == []
    assert len(_backups(prod)) == 1


def test_a_destroy_is_refused_and_nothing_that_holds_something_is_gone(prod: Project) -> None:
    mark, held = prod.mark(), _held(prod)
    said = prod.pulumi("destroy", "--yes", "--skip-preview")
    assert said.code != 0
    assert "marked for protection" in said.text or "protected" in said.text
    assert prod.writes(mark) == []
    assert _held(prod) == held
    prod.up()  # probes and the deploy hold nothing: they are looked at again, not made again
    assert prod.writes(mark) == []


def test_a_change_that_would_replace_a_price_is_refused(prod: Project) -> None:
    prod.edit(SETTINGS, 'monthly_amount: "9900"', 'monthly_amount: "12900"')
    prod.edit(SETTINGS, '"9900 and 99900"', '"12900 and 99900"')
    mark = prod.mark()
    said = prod.try_up()
    assert said.code != 0
    assert "::monthly" in said.text
    assert "marked for protection" in said.text
    assert prod.writes(mark) == []


def _backups(project: Project) -> list[dict[str, Any]]:
    """The manifests of the stack's backups."""
    paths = (project.folder / ".stackwright/backups/prod").glob("*/manifest.json")
    return [json.loads(path.read_text()) for path in paths]


def _held(project: Project) -> set[str]:
    """The resources of ours that hold something, by URN."""
    ours = (
        entry["urn"]
        for entry in project.state()
        if "::stackwright:" in entry["urn"].replace("$", "::")
    )
    return {urn for urn in ours if ":probes:" not in urn and "render:Deploy" not in urn}
