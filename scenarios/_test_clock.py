"""A marked user whose subscription lives on a test clock of Stripe, in the sandbox and at Stripe.

Nobody but a person can pay on Stripe's checkout page, so the subscription is made through the API,
with the metadata that `create-checkout-session` gives to those that it sells.
https://docs.stripe.com/billing/testing/test-clocks
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from scenarios._purchase import Customer, becomes, end, profile
from stackwright.scenarios import Stage

CARD, DECLINED = "pm_card_visa", "pm_card_chargeCustomerFail"
PATIENCE = 120.0
"""Seconds that Stripe may take to advance a clock."""
AFTERWARDS = timedelta(hours=2)
"""Stripe charges the invoice of a renewal about an hour after it was drafted."""


@dataclass(frozen=True)
class Clock:
    """A test clock. One that nobody removes goes by itself after 30 days."""

    stage: Stage
    id: str

    @property
    def path(self) -> str:
        return f"/v1/test_helpers/test_clocks/{self.id}"

    async def advance(self, moment: datetime) -> None:
        """Let the time pass until then."""
        seconds = int(moment.timestamp())
        await self.stage.stripe(f"{self.path}/advance", "POST", frozen_time=seconds)
        await self.stop()

    async def stop(self) -> None:
        """Wait until it stands still: nothing on it can be changed before."""
        await self.stage.eventually(self._stands, "the test clock still advances", PATIENCE)

    async def _stands(self) -> bool:
        return bool((await self.stage.stripe(self.path))["status"] == "ready")

    async def remove(self) -> None:
        """With its customers and their subscriptions."""
        await self.stop()
        await self.stage.stripe(self.path, "DELETE")


@dataclass(frozen=True)
class Subscriber(Customer):
    """A customer on a test clock."""

    clock: Clock
    stripe_customer: str

    async def pass_period(self, stage: Stage) -> None:
        """Let the current period end, and its successor be charged."""
        over: datetime = (await profile(stage, self.user))["current_period_end"]
        await self.clock.advance(over + AFTERWARDS)

    async def decline(self, stage: Stage) -> None:
        """Every charge fails from now on."""
        path = f"/v1/payment_methods/{DECLINED}/attach"
        card = await stage.stripe(path, "POST", customer=self.stripe_customer)
        path = f"/v1/subscriptions/{self.subscription}"
        await stage.stripe(path, "POST", default_payment_method=card["id"])


async def subscribe(stage: Stage) -> Subscriber:
    """Sign up and subscribe to the monthly price; `clean_up` removes all of it."""
    user = await stage.sign_up()
    clock = await _clock(stage, user.email)
    settings = {"default_payment_method": CARD}
    buyer = await stage.stripe(
        "/v1/customers", "POST", email=user.email, test_clock=clock.id,
        payment_method=CARD, invoice_settings=settings,
    )  # fmt: skip
    price = stage.resource("monthly").id
    made = await stage.stripe(
        "/v1/subscriptions", "POST", customer=buyer["id"], items=[{"price": price}],
        metadata={"user_id": user.id, "price_id": price},
    )  # fmt: skip
    subscriber = Subscriber(user, made["id"], clock, buyer["id"])

    async def leave() -> None:
        await clock.stop()
        await end(stage, subscriber)

    stage.undo.append(leave)
    await becomes(stage, subscriber, subscription_status="active")
    return subscriber


async def _clock(stage: Stage, name: str) -> Clock:
    path = "/v1/test_helpers/test_clocks"
    made = await stage.stripe(path, "POST", frozen_time=int(time.time()), name=name)
    clock = Clock(stage, made["id"])
    stage.undo.append(clock.remove)
    return clock
