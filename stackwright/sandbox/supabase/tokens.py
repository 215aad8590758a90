"""JSON web tokens as Supabase's legacy keys and user sessions are: HS256, the project's secret.

Written out, for it is 30 lines: https://datatracker.ietf.org/doc/html/rfc7515.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

Claims = dict[str, Any]

_TEN_YEARS = 10 * 365 * 86_400


class InvalidTokenError(Exception):
    """The token is malformed, signed by somebody else, or expired."""


def sign(claims: Claims, secret: str) -> str:
    """Return the compact form of a token."""
    header = _encode(b'{"alg":"HS256","typ":"JWT"}')
    payload = _encode(json.dumps(claims, separators=(",", ":")).encode())
    return f"{header}.{payload}.{_signature(f'{header}.{payload}', secret)}"


def verify(token: str, secret: str, now: float) -> Claims:
    """Return the claims of a valid token; `now` in Unix seconds."""
    try:
        header, payload, signature = token.split(".")
        algorithm = dict(json.loads(_decode(header))).get("alg")
        claims = dict(json.loads(_decode(payload)))
        ends = float(claims.get("exp", now + 1))
    except (ValueError, TypeError):
        raise InvalidTokenError("malformed") from None
    expected = _signature(f"{header}.{payload}", secret)
    if algorithm != "HS256" or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise InvalidTokenError("wrong signature")
    if ends <= now:
        raise InvalidTokenError("expired")
    return claims


def legacy_key(ref: str, role: str, secret: str, issued: float) -> str:
    """Return the `anon` or `service_role` key of a project."""
    start = int(issued)
    claims = {
        "iss": "supabase",
        "ref": ref,
        "role": role,
        "iat": start,
        "exp": start + _TEN_YEARS,
    }
    return sign(claims, secret)


def _signature(text: str, secret: str) -> str:
    return _encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
