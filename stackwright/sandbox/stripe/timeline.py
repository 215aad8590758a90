"""What time does to a subscription: the steps that lie ahead of it, each at a moment of its own.

An unpaid subscription is not invoiced again; an incomplete one never expires.
Source: https://docs.stripe.com/billing/subscriptions/overview (life cycle, trials, retries).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from stackwright.sandbox.stripe import invoices, subscriptions
from stackwright.sandbox.stripe.mode import Mode, Object

WARNING = 3 * 24 * 3600
"""Seconds before the end of a trial at which Stripe warns of it."""


@dataclass(frozen=True, order=True)
class Step:
    """`take(mode, subscription)` is due at `moment`, in Unix seconds."""

    moment: int
    subscription: Object = field(compare=False)
    take: Callable[[Mode, Object], object] = field(compare=False)


def due(mode: Mode, found: Iterable[Object]) -> Step | None:
    """The first step that is due by now for any of the subscriptions."""
    steps = [step for subscription in found for step in _steps(mode, subscription)]
    first = min(steps, default=None)
    return first if first and first.moment <= mode.now() else None


def _steps(mode: Mode, subscription: Object) -> Iterator[Step]:
    """The next step of each kind; of two at one moment the first is taken."""
    status, cancel_at = subscription["status"], subscription["cancel_at"]
    if status == "canceled":
        return
    if cancel_at is not None:
        yield Step(cancel_at, subscription, subscriptions.end)
    if status == "trialing" and subscription.get("_warned_of") != subscription["trial_end"]:
        moment = max(subscription["created"], subscription["trial_end"] - WARNING)
        yield Step(moment, subscription, subscriptions.warn)
    if status in ("active", "past_due"):
        yield from _charges(mode, subscription)
    if status in ("active", "trialing"):
        yield Step(subscriptions.period(subscription)[1], subscription, subscriptions.renew)


def _charges(mode: Mode, subscription: Object) -> Iterator[Step]:
    """The first charge of a draft, or another try of an unpaid invoice."""
    invoice = mode.require(invoices.KIND, subscription["latest_invoice"])
    if invoice["status"] in ("draft", "open") and invoice["next_payment_attempt"]:
        yield Step(invoice["next_payment_attempt"], subscription, _charge)


def _charge(mode: Mode, subscription: Object) -> None:
    subscriptions.charge(mode, subscription, subscriptions.payment_method(mode, subscription))
