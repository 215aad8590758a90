"""The functions in the life of users: trial, purchase, other plan, end, sessions, deletion."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.project import REF, Project
from tests.e2e.test_webhook import pay, sign_up

BUYING = {"success_url": "https://example.com/ok", "cancel_url": "https://example.com/no"}


@dataclass
class Person:
    """A user with an access token, and what their profile says."""

    project: Project
    id: str
    token: str

    def call(self, slug: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self.project.call(slug, body, Authorization=f"Bearer {self.token}")

    def status(self) -> tuple[bool, str, str | None]:
        answer = self.call("check-subscription-status").raise_for_status().json()
        return answer["valid"], answer["reason"], answer["billing_period"]

    def buys(self, period: str) -> None:
        opened = self.call("create-checkout-session", {"period": period, **BUYING})
        pay(opened.raise_for_status().json()["url"])

    def comes_to(self, column: str, value: object) -> None:
        """Wait for Stripe's events to arrive in the profile."""
        select = f"SELECT {column} FROM profiles WHERE id = %s"
        give_up = time.monotonic() + 20
        while self.project.database(select, self.id) != [(value,)]:
            assert time.monotonic() < give_up, self.project.database(select, self.id)
            time.sleep(0.1)


@pytest.fixture
def person(project: Project) -> Iterator[Person]:
    yield Person(project, *sign_up(project, "ada@example.com"))
    project.spoil()


def as_service_role(project: Project, slug: str, body: dict[str, Any]) -> httpx.Response:
    keys = project.supabase()("GET", f"/v1/projects/{REF}/api-keys?reveal=true")
    key = next(key["api_key"] for key in keys if key["name"] == "service_role")
    return project.call(slug, body, Authorization=f"Bearer {key}")


def test_a_user_tries_buys_changes_the_plan_and_leaves(person: Person) -> None:
    assert person.status() == (True, "trial", None)
    no_portal = person.call("create-portal-session", {"return_url": "https://example.com/"})
    assert no_portal.status_code == 404

    person.buys("monthly")
    person.comes_to("subscription_status", "active")
    assert person.status() == (True, "active", "monthly")
    again = person.call("create-checkout-session", {"period": "annual", **BUYING})
    assert again.status_code == 409

    changed = person.call("upgrade-subscription", {"period": "annual"})
    assert (changed.status_code, changed.json()["changed"]) == (200, True)
    person.comes_to("billing_period", "annual")

    portal = person.call("create-portal-session", {"return_url": "https://example.com/"})
    page = httpx.get(portal.raise_for_status().json()["url"], trust_env=False)
    assert (page.status_code, "Cancel" in page.text) == (200, True)

    ended = person.call("cancel-subscription").raise_for_status().json()
    assert ended["cancel_at_period_end"] is True
    person.comes_to("cancel_at_period_end", True)
    assert person.status() == (True, "active", "annual")
    assert person.call("upgrade-subscription", {"period": "monthly"}).status_code == 409


def test_an_id_that_a_user_writes_into_the_own_profile_opens_no_other_subscription(
    person: Person,
) -> None:
    person.buys("monthly")
    person.comes_to("subscription_status", "active")
    project = person.project
    thief = Person(project, *sign_up(project, "mallory@example.com"))
    steal(project, thief.id, person.id)
    for slug in ("create-portal-session", "upgrade-subscription", "cancel-subscription"):
        answer = thief.call(slug, {"return_url": "https://example.com/", "period": "annual"})
        assert answer.status_code == 404, (slug, answer.text)
    assert person.call("cancel-subscription").status_code == 200


def steal(project: Project, thief: str, victim: str) -> None:
    dsn = project.status()["databases"][REF]
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE profiles SET subscription_id ="
            " (SELECT subscription_id FROM profiles WHERE id = %s) WHERE id = %s",
            (victim, thief),
        )


def test_a_session_lives_until_it_is_revoked(person: Person) -> None:
    session = person.call("manage-session").raise_for_status().json()
    rows = "SELECT is_active, host(ip_address) FROM active_sessions WHERE user_id = %s"
    assert person.project.database(rows, person.id) == [(True, "127.0.0.1")]
    token = {"session_token": session["session_token"]}
    assert person.call("manage-session", token).status_code == 200
    listed = person.call("get-active-sessions").json()["sessions"]
    assert [entry["id"] for entry in listed] == [session["id"]]
    assert person.call("revoke-session", {"session_id": session["id"]}).status_code == 200
    assert person.call("check-session", token).json()["active"] is False
    assert person.call("manage-session", token).status_code == 410
    assert person.call("cleanup-inactive-sessions").status_code == 403
    cleaned = as_service_role(person.project, "cleanup-inactive-sessions", {})
    assert cleaned.json() == {"marked": 0}


def test_an_account_is_deleted_with_all_of_it_unless_it_pays(person: Person) -> None:
    project = person.project
    person.call("manage-session").raise_for_status()
    payer = Person(project, *sign_up(project, "grace@example.com"))
    payer.buys("monthly")
    payer.comes_to("subscription_status", "active")
    listed = as_service_role(project, "get-all-users", {}).json()["users"]
    assert {(u["email"], u["subscription_status"]) for u in listed} == {
        ("ada@example.com", "trial"),
        ("grace@example.com", "active"),
    }
    assert person.call("get-all-users").status_code == 403
    assert person.call("delete-user-account", {"user_id": person.id}).status_code == 403
    kept = as_service_role(project, "delete-user-account", {"user_id": payer.id})
    assert kept.status_code == 409
    gone = as_service_role(project, "delete-user-account", {"user_id": person.id})
    assert gone.json() == {"user_id": person.id}
    for table in ("auth.users", "profiles"):
        assert project.database(f"SELECT id::text FROM {table}") == [(payer.id,)]
    assert project.database("SELECT count(*) FROM active_sessions") == [(0,)]
    again = as_service_role(project, "delete-user-account", {"user_id": person.id})
    assert again.status_code == 404
