"""Production, from the state it was in before us: adopted, and nothing lost that is to be kept."""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from stackwright.postgres.server import free_port
from tests.e2e.browser import needs_chromium, served, visit
from tests.e2e.project import ROOT, Project, Said

REF = "voipacceleratorproda"
SETTINGS = "Pulumi.prod.yaml"
VERSIONS = sorted(
    path.name[:14]
    for path in (ROOT / "sql/migrations").glob("*.sql")
    if "-- stackwright: not-before" not in path.read_text()
)
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


@pytest.fixture(scope="module")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("prod"), stack="prod", ref=REF)
    try:
        made.start("voip-prod")
        made.run("pulumi", "stack", "select", "--create", "prod")
        made.keep("old")
        yield made
    finally:
        made.stop()


@pytest.fixture
def old(_old: Project) -> Iterator[Project]:
    """Production before its first `up`."""
    _old.go_back("old")
    yield _old
    _old.tidy()


@pytest.fixture(scope="module")
def before(_old: Project) -> dict[str, list[tuple[Any, ...]]]:
    """Rows as they were before the first `up`, by their query; the roll-out has happened then."""
    _old.go_back("old")
    found = {query: _old.database(query) for query in (USERS, LEGACY)}
    _old.up()
    _old.keep("rolled-out")
    return found


@pytest.fixture
def prod(_old: Project, before: object) -> Iterator[Project]:
    """Production after its first `up`."""
    _old.go_back("rolled-out")
    yield _old
    _old.tidy()


# -- before the first `up` ----------------------------------------------------------------------


def test_the_scenario_is_what_the_papers_say_of_production(old: Project) -> None:
    assert _counts(old, "lerg_codes") == {
        "migrations": 19,
        "functions": 6,
        "users": 14,
        "npas": 440,
    }
    assert len(old.database(POLICIES)) == 2 + len(DUPLICATES)
    assert sorted(old.database(TRIGGERS)) == [
        ("on_auth_user_created", "handle_new_user()"),
        ("on_auth_user_created_set_trial", "handle_new_user_trial()"),
    ]
    ends = "select distinct plan_expires_at::date::text from profiles"
    assert old.database(ends) == [("2025-05-23",)]
    assert old.database("select npa_nxx from lerg_codes where npa_nxx = '438'") == []
    rows = httpx.post(
        f"{old.gateway}/functions/v1/get-npa-location",
        headers={"Authorization": f"Bearer {old.anon_key()}"},
        trust_env=False,
        timeout=30,
    ).json()["rows"]
    assert len(rows) == 440


def test_the_report_shows_the_documented_start_beside_what_is_there(old: Project) -> None:
    mark = old.mark()
    same = old.stackwright_on_stack("report", "--exit-code")
    assert same.code == 0, same.text
    lines = [line.split() for line in same.out.splitlines()]
    assert ["functions", "6", "6", "40", "18"] in lines
    assert ["area", "codes", "440", "440", "450"] in lines
    old.database("insert into lerg_codes (npa_nxx) values ('438')")
    other = old.stackwright_on_stack("report", "--exit-code")
    assert other.code == 4
    assert "differs by +1" in other.out
    old.database("delete from lerg_codes where npa_nxx = '438'")
    assert old.writes(mark) == []


def test_names_of_secrets_and_variables_are_recorded_before_the_first_up(old: Project) -> None:
    mark = old.mark()
    said = old.stackwright_on_stack("env", "--json")
    assert said.code == 0, said.text
    names = {one["name"]: one["standing"] for one in json.loads(said.out)["names"]}
    assert names["STRIPE_SECRET_KEY"] == names["STRIPE_WEBHOOK_SECRET"] == "foreign"
    assert names["RATE_SHEET_BUCKET"] == "unknown"
    assert names["STRIPE_PRICE_MONTHLY_ACCELERATOR"] == names["VITE_SUPABASE_URL"] == "absent"
    assert "rate-sheets" not in said.text
    assert "whsec" not in said.text
    assert old.writes(mark) == []


def test_the_first_preview_names_what_it_drops_and_takes_over_and_writes_nothing(
    old: Project,
) -> None:
    mark, policies = old.mark(), old.database(POLICIES)

    said = old.preview().text

    for policy in DUPLICATES:
        assert f'Dropping undeclared policy "{policy}" on profiles' in said
    assert "drop cascades to trigger on_auth_user_created_set_trial" in said
    assert "npa_nxx text, state text, country text, created_at timestamp" in said
    assert "takes over functions of others: get-npa-location (version 1), ping-status" in said
    assert f"are not declared: {', '.join(sorted(STRANGERS))}" in said
    assert "overwrites secrets of others: STRIPE_SECRET_KEY\n" in said
    assert "overwrites secrets of others: STRIPE_WEBHOOK_SECRET\n" in said
    assert "leaves secrets alone that are not declared: RATE_SHEET_BUCKET" in said
    assert set(old.planned().values()) == {"create"}
    assert old.writes(mark) == []
    assert old.database(POLICIES) == policies


@pytest.mark.parametrize(
    ("switch", "named"),
    [
        ("adopt_functions", "functions (get-npa-location, ping-status) exists already"),
        ("adopt_secrets", "secrets STRIPE_SECRET_KEY exists already"),
    ],
)
def test_without_its_switch_what_others_made_is_refused_by_name(
    old: Project, switch: str, named: str
) -> None:
    old.edit(SETTINGS, f'{switch}: "true"', f'{switch}: "false"')
    said = old.pulumi("preview")
    assert said.code != 0
    assert named in said.text


def test_what_the_migrations_drop_needs_an_approval_of_that_very_file(old: Project) -> None:
    old.edit("sql/migrations/20261121000600_policies.sql", "-- No insert", "-- Not one insert")
    mark = old.mark()
    for said in (old.pulumi("preview"), old.try_up()):
        assert said.code != 0
        assert "NEEDS APPROVAL" in said.text
        assert "20261121000600_policies.sql: its approval is for another form" in said.text
    assert old.database(LEDGER) == [(19, "20250516093000")]
    assert not [write for write in old.writes(mark) if "functions" in write]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('amounts_confirmed: "9900 and', 'amounts_confirmed: "990 and', "nobody has confirmed"),
        ('monthly_amount: "9900"', 'monthly_amount: "9901"', 'amounts_confirmed "9901 and 99900"'),
        (REF, "voipacceleratordevaa", "stack dev names the same supabase_ref"),
        ("us-west-1", "us-east-1", "is in us-west-1, but us-east-1 is declared"),
        ("stripeMode: live", "stripeMode: test", "cannot run in Stripe's test mode"),
        (
            "stripeMode: live",
            'stripeMode: live\n  voip-accelerator:stripe_api_version: "2023-10-16"',
            "stripe_api_version is 2023-10-16 here and 2024-04-10 in stack dev",
        ),
        (
            "  stackwright:stripeMode",
            "  voip-accelerator:user_policy: sometimes\n  stackwright:stripeMode",
            "user_policy",
        ),
    ],
)
def test_wrong_settings_fail_the_preview(old: Project, right: str, wrong: str, said: str) -> None:
    old.edit(SETTINGS, right, wrong)
    answer = old.pulumi("preview")
    assert answer.code != 0
    assert said in answer.text


def test_a_test_key_is_refused_on_prod(old: Project) -> None:
    [key] = old.variables("STRIPE_API_KEY_TEST")
    said = old.pulumi("preview", STRIPE_API_KEY=key)
    assert said.code != 0
    assert "STRIPE_API_KEY is not a live key" in said.text
    assert key not in said.text


def test_another_structure_of_the_legacy_table_stops_there_and_the_next_up_goes_on(
    old: Project,
) -> None:
    old.database("alter table lerg_codes rename npa_nxx to npa")

    preview, failed = old.pulumi("preview"), old.try_up()

    for said in (preview, failed):
        assert said.code != 0
        assert "it lacks npa_nxx text, and has npa text, state text, country text" in said.text
        assert "20261121000500_legacy_lerg_codes.sql" in said.text
    assert old.database("select count(*) from enhanced_lerg") == [(0,)]
    assert old.database(LEDGER) == [(24, "20261121000400")]
    old.database("alter table lerg_codes rename npa to npa_nxx")
    old.up()
    assert old.database("select count(*) from enhanced_lerg") == [(450,)]
    old.spoil()


def test_other_contents_than_the_papers_say_reach_the_same_state(old: Project) -> None:
    old.database('alter policy "Users can view own profile" on profiles to anon using (true)')
    old.database('create policy "Everybody" on profiles as restrictive using (true)')
    old.database("create function wrong() returns trigger language plpgsql as 'begin end'")
    old.database(
        "create or replace trigger on_auth_user_created after insert on auth.users"
        " for each row execute function wrong()"
    )
    old.database("insert into lerg_codes (npa_nxx) values ('2125'), ('21a'), (null), ('٢١٢')")
    old.database("alter table profiles add column vat_id text not null default 'none'")
    legacy = old.database(LEGACY)

    said = old.up().text

    assert "Not copied from lerg_codes: npa_nxx '2125', country null, rows: 1" in said
    assert "Not copied from lerg_codes: npa_nxx null, country null, rows: 1" in said
    assert len(old.database(POLICIES)) == 10
    assert old.database(TRIGGERS) == [("on_auth_user_created", "handle_new_user()")]
    assert old.database("select count(*) from enhanced_lerg") == [(450,)]
    assert old.database("select distinct vat_id from profiles") == [("none",)]
    assert old.database(LEGACY) == legacy
    verified = old.stackwright_on_stack("verify")
    assert verified.code == 0, verified.text
    assert "profiles has the column vat_id text, which is not declared" in verified.text
    assert "npa_nxx '21a' is no area code" in verified.text
    assert old.up().nothing_changed
    old.spoil()


def test_an_area_code_that_the_file_lacks_fails_the_run_by_name(old: Project) -> None:
    old.database("insert into lerg_codes (npa_nxx, country) values ('998', 'US')")
    said = old.try_up()
    assert said.code != 0
    assert "NPA 998 was copied from lerg_codes and is not in the declared file" in said.text
    old.spoil()


# -- after it -----------------------------------------------------------------------------------


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
        answer = _sign_in(prod, f"tester-{number}@example.com")
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
    live, test = (_stripe(prod, mode) for mode in ("LIVE", "TEST"))
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


# -- beside staging -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _both(_old: Project, before: object) -> None:
    _old.go_back("rolled-out")
    _old.run("pulumi", "stack", "select", "--create", "dev")
    said = _old.run("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")
    assert said.code == 0, said.text
    _old.keep("both")


@pytest.fixture
def both(_old: Project, _both: None) -> Iterator[Project]:
    """Production and, in the same sandbox, a new staging."""
    _old.go_back("both")
    yield _old
    _old.tidy()


def test_what_nobody_declared_to_differ_is_found_and_nothing_is_written(both: Project) -> None:
    mark = both.mark()
    said = both.run("stackwright", "compare", "dev", "prod", "--json")
    assert said.code == 4, said.text
    differences = {one["subject"]: one for one in json.loads(said.out)["differences"]}
    assert {subject for subject, one in differences.items() if one["declared"] is None} == {
        *(f"edge function {slug}" for slug in STRANGERS),
        "secret RATE_SHEET_BUCKET",
        "column created_at of public.profiles",  # production's own NOT NULL
    }
    assert differences["table public.lerg_codes"]["only_on"] == "prod"
    assert differences["edge function debug-echo"]["declared"] == "debugging is for staging"
    assert both.writes(mark) == []
    for key in both.variables("STRIPE_API_KEY_TEST", "STRIPE_API_KEY_LIVE"):
        assert key not in said.text


def test_every_kind_of_difference_is_found(both: Project) -> None:
    both.database('alter policy "Users can view own profile" on profiles using (true)')
    both.database("drop function handle_new_user() cascade")
    both.database("delete from enhanced_lerg where npa = '212'")
    both.database("update enhanced_lerg set state_province_name = 'Texas' where npa = '213'")
    both.database("update enhanced_lerg set source = 'manual' where npa = '214'")
    live = _stripe(both, "LIVE")
    [endpoint] = live("GET", "/v1/webhook_endpoints")["data"]
    live(
        "POST",
        f"/v1/webhook_endpoints/{endpoint['id']}",
        data={"enabled_events[]": "charge.refunded"},
    )
    supabase = both.supabase()
    supabase("DELETE", f"/v1/projects/{REF}/secrets", json=["STRIPE_PRICE_ANNUAL_ACCELERATOR"])
    supabase("PATCH", f"/v1/projects/{REF}/functions/ping-status", json={"verify_jwt": True})

    said = both.run("stackwright", "compare", "dev", "prod")

    assert said.code == 4
    for line in (
        'policy "Users can view own profile" of public.profiles: not alike',
        "trigger on_auth_user_created of auth.users: only on dev",
        "rows of public.enhanced_lerg: not alike",
        "  prod: 449 rows, 2 unlike; without 212; with 213",
        "events of webhook /functions/v1/stripe-events: not alike",
        "  prod: charge.refunded",
        "secret STRIPE_PRICE_ANNUAL_ACCELERATOR: only on dev",
        "edge function ping-status: not alike",
    ):
        assert line in said.out.splitlines(), said.text
    names = both.stackwright_on_stack("env")
    assert names.code == 4
    assert "STRIPE_PRICE_ANNUAL_ACCELERATOR: MISSING" in names.out
    both.spoil()


# -- its users, wiped ---------------------------------------------------------------------------


POLICY = """  voip-accelerator:user_policy: wipe
  voip-accelerator:wipe:
    project: voip-accelerator-prod
    notices:
      T-7: {sent: "2025-10-06", by: Ada}
      T-2: {sent: "2025-10-11", by: Ada}
"""


def test_a_stack_that_may_be_wiped_keeps_its_users_through_every_up(
    prod: Project, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    prod.edit(SETTINGS, "  stackwright:stripeMode", f"{POLICY}  stackwright:stripeMode")
    for _ in range(2):
        assert prod.up().nothing_changed
    assert prod.database(USERS) == before[USERS]


def test_the_users_of_a_stack_that_keeps_them_are_not_wiped(prod: Project) -> None:
    mark = prod.mark()
    said = prod.stackwright_on_stack("users", "wipe", "--consent", "wipe prod: all")
    assert said.code == 3, said.text
    assert "REFUSED: the users of prod are not wiped. Nothing was changed." in said.err
    assert "user_policy: user_policy of stack prod is preserve" in said.err
    assert "export: no export of these users is recorded" in said.err
    assert prod.database("select count(*) from auth.users") == [(14,)]
    assert prod.writes(mark) == []


def test_users_are_exported_and_then_wiped_with_a_consent_that_counts_them(
    prod: Project, tmp_path: Path
) -> None:
    prod.edit(SETTINGS, "  stackwright:stripeMode", f"{POLICY}  stackwright:stripeMode")
    inside = prod.stackwright_on_stack("users", "export", "--output", "users.csv")
    assert (inside.code, "inside the git work tree" in inside.err) == (3, True), inside.text
    made = json.loads(
        prod.stackwright_on_stack("users", "export", "--output", str(tmp_path), "--json").out
    )
    lines = Path(made["path"]).read_text().splitlines()
    assert lines[0] == "id,email,status,plan,plan_ends,created"
    assert (made["rows"], len(lines)) == (14, 15)
    assert hashlib.sha256(Path(made["path"]).read_bytes()).hexdigest() == made["sha256"]

    planned = prod.stackwright_on_stack("users", "wipe")
    consent = "wipe prod: 14 profiles, 0 sessions, 14 users"
    assert planned.code == 5, planned.text
    assert (
        f'NEEDS APPROVAL: nothing was changed. To delete them for good: --consent "{consent}"'
        in (planned.err)
    )
    assert "FAIL" not in planned.out
    assert prod.database("select count(*) from auth.users") == [(14,)]

    _kill_in_the_middle(prod, "users", "wipe", "--stack", "prod", "--consent", consent)
    wiped = prod.stackwright_on_stack("users", "wipe", "--consent", consent)
    assert wiped.code == 0, wiped.text
    assert "a wipe of 14 profiles, 0 sessions, 14 users was cut off" in wiped.out
    assert "Wiped and counted: 0 profiles, 0 sessions, 0 users." in wiped.out
    left = "(select count(*) from profiles), (select count(*) from active_sessions)"
    assert prod.database(f"select count(*), {left} from auth.users") == [(0, 0, 0)]
    verified = prod.stackwright_on_stack("verify", "--only", "V12")
    assert "ok   V12" in verified.out, verified.text
    again = prod.stackwright_on_stack("users", "wipe", "--consent", consent)
    assert (again.code, "nothing to wipe" in again.out) == (0, True), again.text
    prod.spoil()


# -- staging, as it was -------------------------------------------------------------------------


def test_staging_is_adopted_as_it_was(tmp_path_factory: pytest.TempPathFactory) -> None:
    dev = Project(tmp_path_factory.mktemp("staging"))
    try:
        dev.start("voip-dev")
        dev.run("pulumi", "stack", "select", "--create", "dev")
        started = {"migrations": 58, "functions": 40, "users": 3, "npas": 450}
        assert _counts(dev, "enhanced_lerg") == started
        users = dev.database(USERS)
        _adopt_staging(dev, dev.up())
        assert dev.database(USERS) == users
        assert _sign_in(dev, "developer-2@example.com").status_code == 200
        assert dev.up().nothing_changed
    finally:
        dev.stop()


def _counts(project: Project, area_codes: str) -> dict[str, int]:
    [(migrations, users, npas)] = project.database(
        "select (select count(*) from supabase_migrations.schema_migrations),"
        f" (select count(*) from auth.users), (select count(*) from {area_codes})"
    )
    functions = len(project.supabase()("GET", f"/v1/projects/{project.ref}/functions"))
    return {"migrations": migrations, "functions": functions, "users": users, "npas": npas}


def _kill_in_the_middle(project: Project, *argv: str) -> None:
    """Run a command and kill it once it has deleted some of the users."""
    project.fault("slow", vendor="gateway", method="DELETE", times=None, delay=0.5)
    run = project.popen("stackwright", *argv)
    while run.poll() is None:
        [(users,)] = project.database("select count(*) from auth.users where email like 'tester%%'")
        if users < 14:
            run.kill()
            break
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    project.ask("DELETE", "faults")
    assert project.database("select count(*) > 0 from auth.users") == [(True,)]


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


def _adopt_staging(dev: Project, said: Said) -> None:
    assert "debug-auth, " in said.text
    assert len(dev.database(POLICIES)) == 10
    assert dev.database(LEDGER) == [(58 + len(VERSIONS), VERSIONS[-1])]
    assert dev.database("select count(*) from enhanced_lerg") == [(450,)]
    own = "select state_province_name from enhanced_lerg where source = 'manual'"
    assert dev.database(own) == [("Puerto Rico (San Juan)",)]
    functions = dev.supabase()("GET", f"/v1/projects/{dev.ref}/functions")
    assert len({f["slug"] for f in functions if f["version"] == 1}) >= 22


def _sign_in(project: Project, email: str) -> httpx.Response:
    return httpx.post(
        f"{project.gateway}/auth/v1/token?grant_type=password",
        json={"email": email, "password": PASSWORD},
        headers={"apikey": project.anon_key()},
        trust_env=False,
        timeout=30,
    )


def _stripe(project: Project, mode: str) -> Callable[..., Any]:
    return project.vendor(*project.variables("STRIPE_API_BASE", f"STRIPE_API_KEY_{mode}"))
