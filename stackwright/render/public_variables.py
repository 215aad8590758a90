"""Variables that a build tool writes into what every visitor downloads.

Vite inlines everything that begins with `VITE_`, Next.js `NEXT_PUBLIC_`, others likewise: a secret
in one of them is public from the next deploy on. Names and values are looked at; a value is never
repeated.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from stackwright.schema import Problem

PREFIXES = ("VITE_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "PUBLIC_")
_NAME = re.compile(r"SECRET|SERVICE_ROLE|PRIVATE_KEY|PASSWORD$")
_VALUE = re.compile(r"\b((sk|rk)_(live|test)_|whsec_|sbp_|sb_secret_|rnd_|postgres(ql)?://)")
ADVICE = "would be readable by every visitor; keep it in the edge functions' secrets instead"


def is_public(name: str) -> bool:
    return name.startswith(PREFIXES)


def problems(field: str, values: Mapping[str, Any]) -> Iterable[Problem]:
    """What would leak. Unknown values are skipped: they are looked at again when known."""
    for name, value in values.items():
        if is_public(name) and (_NAME.search(name) or _is_secret(value)):
            yield Problem(f"{field}.{name}", f"holds a secret that {ADVICE}")


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and bool(_VALUE.search(value) or is_service_role(value))


def is_service_role(token: str) -> bool:
    """Whether it is a Supabase key that passes every policy: a JWT that says so itself."""
    parts = token.split(".")
    if len(parts) != 3 or not token.startswith("eyJ"):
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return False
    return isinstance(claims, dict) and claims.get("role") == "service_role"
