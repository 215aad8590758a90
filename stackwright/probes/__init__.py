"""Probes: requests that must be answered as expected before a rollout goes on."""

from stackwright.probes.http import Http
from stackwright.probes.stripe_event import StripeEvent

__all__ = ["Http", "StripeEvent"]
