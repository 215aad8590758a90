"""A marked user who buys a subscription in Stripe's checkout with the test card."""

from dataclasses import dataclass
from typing import Any

from stackwright.scenarios import Cannot, Stage, User, expect

CARD = "4242424242424242"
CHECKOUT_LIMIT = 5.0
"""Seconds that a checkout may take to open (R86)."""
PROFILE = """
    select subscription_status, subscription_plan, subscription_id, billing_period,
           current_period_end, cancel_at_period_end, cancel_at
    from public.profiles where id = %(user)s
"""


@dataclass(frozen=True)
class Customer:
    """Who has bought, and the id of the subscription."""

    user: User
    subscription: str


async def buy(stage: Stage, period: str) -> Customer:
    """Sign up, open the checkout, pay, wait for the webhook. `clean_up` ends the subscription."""
    user = await stage.sign_up()
    order = {
        "period": period,
        "success_url": "https://example.com/?checkout=success",
        "cancel_url": "https://example.com/?checkout=canceled",
    }
    opened = await stage.answer(
        "create-checkout-session", order, token=user.token, limit=CHECKOUT_LIMIT
    )
    await _pay(stage, opened["url"], user)
    await stage.eventually(
        lambda: _is(stage, user, subscription_status="active"), "the profile is not active"
    )
    customer = Customer(user, (await profile(stage, user))["subscription_id"])
    stage.undo.append(lambda: end(stage, customer))
    return customer


async def _pay(stage: Stage, url: str, user: User) -> None:
    if "checkout.stripe.com" in url:
        raise Cannot("Stripe's own checkout page lets no program pay; play it in the sandbox")
    form = {"email": user.email, "name": "Probe", "card": CARD}
    paid = await stage.request("POST", url, data=form)
    expect(paid.status_code < 400, f"the checkout page answered {paid.status_code}")


async def end(stage: Stage, customer: Customer) -> None:
    """What the function does with its end must be over before the user is removed."""
    await stage.stripe(f"/v1/subscriptions/{customer.subscription}", "DELETE")
    await stage.eventually(
        lambda: _is(stage, customer.user, subscription_status="canceled"),
        "the subscription of the probe has not ended",
    )


async def profile(stage: Stage, user: User) -> dict[str, Any]:
    """The billing columns of the user's profile."""
    return await stage.row(PROFILE, user=user.id)


async def _is(stage: Stage, user: User, **wanted: Any) -> bool:
    row = await profile(stage, user)
    return all(row[name] == value for name, value in wanted.items())


async def becomes(stage: Stage, customer: Customer, **wanted: Any) -> None:
    """Wait until the profile says this."""
    told = ", ".join(f"{name} {value}" for name, value in wanted.items())
    await stage.eventually(lambda: _is(stage, customer.user, **wanted), f"the profile lacks {told}")


async def guard(stage: Stage, user: User, *, valid: bool, reason: str) -> None:
    """What the guards of the web app's routes are told."""
    status = await stage.answer("check-subscription-status", token=user.token)
    found = (status["valid"], status["reason"])
    expect(found == (valid, reason), f"the guard says {found} instead of {(valid, reason)}")
