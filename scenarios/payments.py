"""P1 to P4: what buying, renewing, cancelling and not paying do to a profile (test mode only)."""

from datetime import UTC, datetime, timedelta

from scenarios._purchase import Customer, becomes, buy, guard, profile
from scenarios._test_clock import subscribe
from stackwright.scenarios import Stage, expect, scenario

DAYS = {"monthly": (28, 31), "annual": (365, 366)}


@scenario("P1", "a new monthly subscription is active", effect="pays", covers=["R75", "R86"])
async def monthly(stage: Stage) -> None:
    """Profile, period, and the user's id at Stripe."""
    await _is_right(stage, await buy(stage, "monthly"), "monthly")


@scenario("P1b", "a new annual subscription is active", effect="pays", covers=["R75", "R86"])
async def annual(stage: Stage) -> None:
    """As P1, a year long."""
    await _is_right(stage, await buy(stage, "annual"), "annual")


async def _is_right(stage: Stage, customer: Customer, period: str) -> None:
    row = await profile(stage, customer.user)
    found = (row["subscription_plan"], row["billing_period"])
    expect(found == ("accelerator", period), f"plan and period are {found}")
    ahead = row["current_period_end"] - datetime.now(UTC)
    least, most = (timedelta(days=days) for days in DAYS[period])
    slack = timedelta(days=1)
    expect(least - slack <= ahead <= most + slack, f"the period ends in {ahead.days} days")
    held = await stage.stripe(f"/v1/subscriptions/{customer.subscription}")
    expect(held["metadata"].get("user_id") == customer.user.id, "Stripe lacks the user's id")
    buyer = await stage.stripe(f"/v1/customers/{held['customer']}")
    expect(buyer["email"] == customer.user.email, "Stripe's customer has another address")
    await guard(stage, customer.user, valid=True, reason="active")


@scenario("P2", "a renewal moves the end of the period", effect="pays", covers=["R75"])
async def renewal(stage: Stage) -> None:
    """`invoice.payment_succeeded` of the next period, on a test clock of Stripe."""
    customer = await subscribe(stage)
    before = (await profile(stage, customer.user))["current_period_end"]
    await customer.pass_period(stage)

    async def moved() -> bool:
        end = (await profile(stage, customer.user))["current_period_end"]
        return bool(end > before + timedelta(days=27))

    await stage.eventually(moved, "the end of the period has not moved")


@scenario(
    "P3", "cancelled in the portal, it runs to the period's end", effect="pays", covers=["R75"]
)
async def cancelled(stage: Stage) -> None:
    """Still active, with the end written down."""
    customer = await buy(stage, "monthly")
    order = {"return_url": "https://example.com/billing"}
    opened = await stage.answer("create-portal-session", order, token=customer.user.token)
    form = {"action": "cancel", "subscription": customer.subscription}
    done = await stage.request("POST", opened["url"], data=form)
    expect(done.status_code < 400, f"the portal answered {done.status_code}")
    await becomes(stage, customer, cancel_at_period_end=True)
    row = await profile(stage, customer.user)
    expect(row["subscription_status"] == "active", f"the status is {row['subscription_status']}")
    expect(row["cancel_at"] == row["current_period_end"], f"cancel_at is {row['cancel_at']}")
    await guard(stage, customer.user, valid=True, reason="active")


@scenario("P4", "a failed payment closes the dashboard", effect="pays", covers=["R75"])
async def failed(stage: Stage) -> None:
    """`invoice.payment_failed` on a test clock: past due, and the guard says why."""
    customer = await subscribe(stage)
    await customer.decline(stage)
    await customer.pass_period(stage)
    await becomes(stage, customer, subscription_status="past_due")
    await guard(stage, customer.user, valid=False, reason="payment_failed")


@scenario("V17", "guards, portal link and periods are right for both prices", effect="pays")
async def billing(stage: Stage) -> None:
    """All that V17 of the papers asks, with one purchase of each price."""
    for period in DAYS:
        customer = await buy(stage, period)
        await _is_right(stage, customer, period)
        order = {"return_url": "https://example.com/billing"}
        opened = await stage.answer("create-portal-session", order, token=customer.user.token)
        expect(opened["url"].startswith("http"), "the portal has no address")
