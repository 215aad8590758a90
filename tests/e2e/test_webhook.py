"""A purchase at Stripe reaches the user's row in PostgreSQL; a forged one does not."""

import time
from typing import Any

import httpx

from tests.e2e.project import Project
from tests.e2e.stripe_events import deliver

PROFILE = """
    SELECT subscription_status, subscription_plan, billing_period, subscription_id
    FROM profiles WHERE id = %s
"""


def sign_up(project: Project, email: str) -> tuple[str, str]:
    """A user made through the project's auth: id and access token."""
    key = project.anon_key()
    response = httpx.post(
        f"{project.gateway}/auth/v1/signup",
        json={"email": email, "password": "correct horse battery"},
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
        trust_env=False,
    )
    answer = response.raise_for_status().json()
    return answer["user"]["id"], answer["access_token"]


def completed(user: str, price: str) -> dict[str, Any]:
    session = {
        "id": "cs_test_1",
        "object": "checkout.session",
        "mode": "subscription",
        "created": int(time.time()),
        "client_reference_id": user,
        "subscription": "sub_1",
        "metadata": {"user_id": user, "price_id": price},
        "amount_total": 99900,
    }
    return {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "data": {"object": session},
    }


def test_a_signed_purchase_changes_the_row_and_a_forged_one_is_refused(project: Project) -> None:
    user, _ = sign_up(project, "ada@example.com")
    event = completed(user, project.resource("annual")["id"])
    before = project.database(PROFILE, user)
    assert before[0][0] == "trial"

    forged = deliver(project, event, "whsec_" + "0" * 32)
    assert forged.status_code == 400
    assert project.database(PROFILE, user) == before

    taken = deliver(project, event, project.webhook_secret())
    assert taken.status_code == 200, taken.text
    assert project.database(PROFILE, user) == [("active", "accelerator", "annual", "sub_1")]
    project.spoil()


def test_a_subscription_bought_at_stripes_checkout_arrives_by_webhook(project: Project) -> None:
    user, token = sign_up(project, "grace@example.com")
    opened = project.call(
        "create-checkout-session",
        {
            "price_id": project.resource("monthly")["id"],
            "success_url": "https://example.com/?checkout=success",
            "cancel_url": "https://example.com/?checkout=canceled",
        },
        Authorization=f"Bearer {token}",
    )
    assert opened.status_code == 200, opened.text

    pay(opened.json()["url"])

    give_up = time.monotonic() + 20
    while (row := project.database(PROFILE, user)[0])[0] != "active":
        assert time.monotonic() < give_up, row
        time.sleep(0.1)
    assert row[1:3] == ("accelerator", "monthly")
    project.spoil()


def pay(url: str) -> None:
    """Send the form of the stand-in's checkout page, as a browser would."""
    with httpx.Client(trust_env=False, timeout=30) as browser:
        page = browser.get(url).raise_for_status()
        assert "<form" in page.text
        answer = browser.post(url, data={"email": "grace@example.com", "card": "4242424242424242"})
        assert answer.status_code < 400, answer.text
