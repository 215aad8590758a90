"""Stripe's error envelope, and our advice. https://docs.stripe.com/api/errors"""

from typing import Any

import httpx

from stackwright.http.rules import Details

ADVICE: dict[str | int, str] = {
    401: "Check STRIPE_API_KEY (stackwright:stripeApiKey): it is wrong, expired or revoked.",
    402: "Look at the account's state in Stripe's dashboard.",
    403: "The key is restricted: allow it to write products, prices, coupons, promotion "
    "codes, webhook endpoints and the customer portal, or use the account's secret key in "
    "STRIPE_API_KEY.",
    404: "STRIPE_API_KEY sees only its own account and mode: is it the key of this stack?",
    409: "Somebody else is changing the same object; run it again.",
    429: "Other programs use this Stripe account too; run it again in a minute.",
    "api_key_expired": "Roll the key in Stripe's dashboard and set STRIPE_API_KEY.",
    "testmode_charges_only": "Activate the account in Stripe's dashboard to use live mode.",
}
CONFLICTS = frozenset({"resource_already_exists"})


def explain(response: httpx.Response) -> Details:
    """`{"error": {type, code, message, param}}` in Stripe's words, with the parameter named."""
    error = _envelope(response)
    message = str(error.get("message") or response.reason_phrase)
    if error.get("param"):
        message = f"{message.rstrip('.')} (parameter {error['param']})"
    return Details(
        message=message,
        code=error.get("code") or error.get("type"),
        request_id=response.headers.get("Request-Id"),
        retry=_retry(response),
    )


def _envelope(response: httpx.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {"message": error}


def _retry(response: httpx.Response) -> bool | None:
    """Stripe's own word first; 409 means that another request holds the object or the key."""
    word = response.headers.get("Stripe-Should-Retry")
    if word in {"true", "false"}:
        return bool(word == "true")
    return True if response.status_code == 409 else None
