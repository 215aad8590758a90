"""Who is asking: the key of a request selects the mode, and says whether it may.

Besides the secret keys there is one restricted key a mode; it may use what deploying needs
(catalogue, webhook endpoints, portal configurations) and nothing else.
Source: https://docs.stripe.com/keys, https://docs.stripe.com/api/authentication.
"""

import base64
import binascii
import hmac

from stackwright.sandbox.stripe.errors import Forbidden, Unauthorized
from stackwright.sandbox.world import World

_CREDENTIALS = "sandbox.credentials"
_RESTRICTED = "stripe.restricted"
MAY_DEPLOY = frozenset(
    (
        "account",
        "billing_portal.configuration",
        "coupon",
        "event",
        "price",
        "product",
        "promotion_code",
        "webhook_endpoint",
    )
)
"""The kinds of object that a restricted key of the sandbox may read and write."""


def credentials(world: World) -> dict[str, str]:
    """`stripe_test_key`, `stripe_live_key`, `stripe_publishable_test`,
    `stripe_publishable_live`, `stripe_restricted_test`, `stripe_restricted_live`."""
    return {**world.credentials("stripe"), **_restricted(world)}


def account_id(world: World) -> str:
    """The account of this sandbox: `acct_sandbox` and the sandbox's id."""
    return f"acct_sandbox{world.sandbox_id}"


def _restricted(world: World) -> dict[str, str]:
    known = world.store.get(_CREDENTIALS, _RESTRICTED)
    if known is None:
        known = {
            f"stripe_restricted_{mode}": f"rk_{mode}_{world.ids.alnum(99)}"
            for mode in ("test", "live")
        }
        world.store.put(_CREDENTIALS, _RESTRICTED, known)
    return known


def key_from(header: str | None) -> str:
    """The key of an `Authorization` header, `Bearer key` or `Basic base64(key:)`."""
    scheme, _, rest = (header or "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic" and rest.strip():
        return _user(rest.strip())
    raise Unauthorized(
        "You did not provide an API key. You need to provide your API key in the Authorization"
        " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See"
        " https://stripe.com/docs/api#authentication for details, or we can help at"
        " https://support.stripe.com/."
    )


def _user(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return encoded


def is_live(world: World, key: str) -> bool:
    """Whether the key is of live mode; `Unauthorized` or `Forbidden` if it is no secret key."""
    for name, known in credentials(world).items():
        if hmac.compare_digest(known.encode(), key.encode()):
            if "publishable" in name:
                raise Forbidden(
                    "This API call cannot be made with a publishable API key. Please use a secret"
                    " API key. You can find a list of your API keys at"
                    " https://dashboard.stripe.com/account/apikeys.",
                    code="secret_key_required",
                )
            return "_live" in name
    raise Unauthorized(f"Invalid API Key provided: {masked(key)}")


def check_permission(key: str, kind: str, writes: bool) -> None:
    """Refuse what a restricted key may not do."""
    if not key.startswith("rk_") or kind in MAY_DEPLOY:
        return
    right = f"rak_{kind.replace('.', '_')}_{'write' if writes else 'read'}"
    raise Forbidden(
        f"The provided key '{masked(key)}' does not have the required permissions for this"
        f" endpoint. Having the '{right}' permission would allow this request to continue.",
        code="more_permissions_required",
    )


def check_account(world: World, name: str | None) -> None:
    """Refuse every account but the sandbox's own (None = the key's): there are no others."""
    if name not in (None, account_id(world)):
        raise Forbidden(
            f"The provided key does not have access to account '{name}' (or that account does not"
            " exist). Application access may have been revoked.",
            code="account_invalid",
        )


def masked(key: str) -> str:
    """A key as Stripe shows it in errors: its first 8 and last 4 characters."""
    if len(key) <= 12:
        return "*" * len(key)
    return key[:8] + "*" * (len(key) - 12) + key[-4:]
