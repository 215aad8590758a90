"""Production and a new staging, compared."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.production.world import (
    REF,
    STRANGERS,
    stripe,
)
from tests.e2e.project import Project


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
    live = stripe(both, "LIVE")
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
