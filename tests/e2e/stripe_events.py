"""Events of Stripe, signed as Stripe signs them: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx

from tests.e2e.project import Project


def sign(body: str, secret: str) -> str:
    """The value of `Stripe-Signature` for this body and moment."""
    now = int(time.time())
    digest = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def deliver(project: Project, event: dict[str, Any], secret: str) -> httpx.Response:
    """POST an event to `stripe-events`, signed with `secret`."""
    body = json.dumps(event)
    return httpx.post(
        f"{project.gateway}/functions/v1/stripe-events",
        content=body,
        headers={"Stripe-Signature": sign(body, secret), "Content-Type": "application/json"},
        trust_env=False,
        timeout=30,
    )


def signed_event(project: Project) -> httpx.Response:
    """An event without effect, with the signature of the endpoint in state."""
    event = {"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1}
    return deliver(project, event | {"data": {"object": {}}}, project.webhook_secret())
