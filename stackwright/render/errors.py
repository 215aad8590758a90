"""Render's error envelope, and our advice. https://api-docs.render.com/reference"""

import httpx

from stackwright.http.rules import Details

ADVICE: dict[str | int, str] = {
    401: "Check RENDER_API_KEY (stackwright:renderApiKey): it is wrong or was revoked.",
    402: "Add a payment method to the workspace in Render's dashboard, or choose a free plan.",
    403: "The user of RENDER_API_KEY may not do this in the workspace RENDER_OWNER_ID.",
    404: "The user of RENDER_API_KEY must see it: check the id and RENDER_OWNER_ID.",
    406: "Check that RENDER_HOST leads to Render's API, version 1.",
    409: "The name may be taken in this workspace; if the object is yours, import it.",
    410: "It was deleted at Render.",
    429: "Other programs use this Render account too; run it again in a minute.",
}


def explain(response: httpx.Response) -> Details:
    """`{"message", "code"?, "id"?}`; recorded 404s have the message only."""
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    return Details(
        message=str(body.get("message") or response.reason_phrase),
        code=body.get("code"),
        request_id=response.headers.get("Render-Request-Id") or body.get("id"),
    )
