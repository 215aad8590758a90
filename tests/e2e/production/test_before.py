"""Production before our first `up`: looked at, previewed, and what must be refused."""

import json

import httpx
import pytest

from tests.e2e.production.world import (
    DUPLICATES,
    LEDGER,
    LEGACY,
    POLICIES,
    REF,
    SETTINGS,
    STRANGERS,
    TRIGGERS,
    counts,
)
from tests.e2e.project import Project


def test_the_scenario_is_what_the_papers_say_of_production(old: Project) -> None:
    assert counts(old, "lerg_codes") == {
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
