"""`stackwright verify` by id, and the product's scenarios from sign-up to a failed payment."""

import json
from typing import Any

import pytest

from tests.e2e.project import Project

PAID = ("P1", "P1b", "P2", "P3", "P4", "V17")
MADE = ("V4", "V13", "V14", "Q1", "Q2", "Q3", "Q4")
NO_PROFILE = """
    create or replace function handle_new_user() returns trigger
    language plpgsql as 'begin return new; end'
"""
USERS = "select count(*) from auth.users"


def verified(project: Project, *argv: str, **environment: str) -> dict[str, dict[str, Any]]:
    """Id to finding of `stackwright verify`."""
    said = project.stackwright_on_stack("verify", "--json", *argv, **environment)
    assert said.out.startswith("["), said.text
    return {finding["name"].split()[0]: finding for finding in json.loads(said.out)}


def failures(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: f["detail"] for name, f in found.items() if f["verdict"] == "failed"}


def test_what_only_reads_is_right_and_writes_nothing(project: Project) -> None:
    mark, users = project.mark(), project.database(USERS)
    found = verified(project)
    assert failures(found) == {}
    assert {"V1", "V5", "V9", "V15", "V16", "V18", "V19", "V20"} <= found.keys()
    assert not found.keys() & {*PAID, *MADE}
    assert found["V12"]["verdict"] == "skipped"
    assert "limit 200 ms" in found["V9"]["detail"]
    assert ", baseline " in verified(project, "--only", "V9")["V9"]["detail"]
    assert project.writes(mark) == []
    assert project.database(USERS) == users


def test_checks_run_alone_by_their_ids(project: Project) -> None:
    assert verified(project, "--only", "V5,V9").keys() == {"V5", "V9"}
    said = project.stackwright_on_stack("verify", "--only", "V99")
    assert said.code != 0
    assert "there is no check or scenario V99" in said.text
    listed = project.stackwright_on_stack("verify", "--list").out
    assert all(f"{name} " in listed for name in (*PAID, *MADE, "V1", "V12", "V20"))


def test_the_area_codes_of_a_stack_are_the_declared_file(project: Project) -> None:
    mark = project.mark()
    said = project.stackwright_on_stack("export", "area-codes", "--check")
    assert (said.code, said.out) == (0, "public.enhanced_lerg: 450 rows; no difference\n")
    assert project.writes(mark) == []


@pytest.mark.parametrize("names", [PAID, MADE], ids=["paid", "made"])
def test_scenarios_pass_and_leave_no_user_behind(project: Project, names: tuple[str, ...]) -> None:
    users = project.database(USERS)
    chosen = [word for name in names for word in ("--scenario", name)]
    found = verified(project, *chosen)
    assert failures(found) == {}
    assert found.keys() == set(names)
    assert project.database(USERS) == users
    subscriptions = project.stripe()("GET", "/v1/subscriptions?status=all")["data"]
    assert {one["status"] for one in subscriptions} <= {"canceled"}
    project.spoil()


def test_with_a_live_key_nothing_is_bought(project: Project) -> None:
    [key] = project.variables("STRIPE_API_KEY_LIVE")
    mark = project.mark()
    found = verified(project, "--scenario", "P1", STRIPE_API_KEY=key)
    assert "a live Stripe key is configured" in failures(found)["P1"]
    assert project.writes(mark) == []


@pytest.mark.parametrize(
    ("breaking", "scenario", "said"),
    [
        (NO_PROFILE, "V13", "0 rows instead of one"),
        ("alter table active_sessions alter is_active set default false", "Q1", "not active"),
    ],
)
def test_what_is_broken_is_found_and_the_probe_user_still_removed(
    project: Project, breaking: str, scenario: str, said: str
) -> None:
    users = project.database(USERS)
    project.database(breaking)
    project.spoil()
    assert said in failures(verified(project, "--scenario", scenario))[scenario]
    assert project.database(USERS) == users


def test_a_secret_of_another_account_is_found(project: Project) -> None:
    supabase = project.supabase()
    secrets = [{"name": "STRIPE_PRICE_MONTHLY_ACCELERATOR", "value": "price_of_another_account"}]
    supabase("POST", f"/v1/projects/{project.ref}/secrets", json=secrets)
    found = failures(verified(project, "--only", "V20"))
    assert "STRIPE_PRICE_MONTHLY_ACCELERATOR is not the one of this account" in found["V20"]
