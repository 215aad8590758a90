"""Supabase's error envelope, and our advice. https://supabase.com/docs/reference/api"""

from typing import Any

import httpx

from stackwright.http.rules import Details

ADVICE: dict[str | int, str] = {
    401: "Check SUPABASE_ACCESS_TOKEN (stackwright:supabaseAccessToken): it is wrong or revoked.",
    402: "The organization's plan does not allow more: see its billing page.",
    403: "SUPABASE_ACCESS_TOKEN is scoped: give it access to this project and operation.",
    404: "Check the project ref, and that SUPABASE_ACCESS_TOKEN may see this project.",
    406: "The project may be paused: restore it in Supabase's dashboard.",
    409: "Another deployment of this project is running; run it again.",
    429: "Other programs use this Supabase account too; run it again in a minute.",
}


def explain(response: httpx.Response) -> Details:
    """`{"message"}`, sometimes with `errorEventId`, and `errors[]` in a 422."""
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    return Details(
        message=_message(body) or response.reason_phrase,
        request_id=response.headers.get("sb-request-id") or body.get("errorEventId"),
    )


def _message(body: dict[str, Any]) -> str:
    """Validation answers with a list of messages."""
    message = body.get("message") or body.get("error") or ""
    parts = [*(message if isinstance(message, list) else [message]), *body.get("errors", [])]
    return "; ".join(_words(part) for part in parts if part)


def _words(part: Any) -> str:
    return str(part.get("message", part)) if isinstance(part, dict) else str(part)
