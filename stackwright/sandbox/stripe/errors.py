"""What Stripe answers when it refuses: one class per meaning, each already the wire's error.

    StripeError
    +-- InvalidRequest          400, the parameters are wrong
    |   +-- UnknownParameters
    |   +-- MissingParameter
    |   +-- ClockAdvancing      429, the test clock of the object moves
    +-- NotFound                404 on the object itself, 400 when another object names it
    +-- UnrecognizedUrl         404
    +-- Unauthorized            401
    +-- Forbidden               403
    +-- IdempotencyMismatch     400
    +-- RateLimited             429
    +-- CardDeclined            402

Source: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
"""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes"


class StripeError(Exception):
    """A refusal as it goes over the wire; `status` is the HTTP status."""

    status = 400
    type = "invalid_request_error"
    code: str | None = None

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code:
            self.code = code

    def headers(self) -> dict[str, str]:
        """Extra response headers of this refusal."""
        return {}

    def envelope(self, log_url: str) -> dict[str, Any]:
        """The body `{"error": {...}}`, absent fields left out as Stripe leaves them out."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "param": self.param}
        if self.code and not self.code.startswith("sandbox_"):
            error["doc_url"] = f"{DOCS}/{self.code.replace('_', '-')}"
        error |= {"request_log_url": log_url, "type": self.type}
        return {"error": {key: value for key, value in error.items() if value is not None}}


class InvalidRequest(StripeError):
    """The parameters are wrong, or a rule of the object forbids the change."""


class UnknownParameters(InvalidRequest):
    """The request names parameters that the operation does not have."""

    code = "parameter_unknown"

    def __init__(self, names: list[str]) -> None:
        plural = "s" if len(names) > 1 else ""
        super().__init__(f"Received unknown parameter{plural}: {', '.join(names)}", param=names[0])


class MissingParameter(InvalidRequest):
    """A required parameter is absent."""

    code = "parameter_missing"

    def __init__(self, name: str) -> None:
        super().__init__(f"Missing required param: {name}.", param=name)


class ClockAdvancing(InvalidRequest):
    """Nothing on a test clock can be changed while the clock moves."""

    status = 429

    def __init__(self) -> None:
        super().__init__("Test clock advancement underway - cannot perform modifications")


class NotFound(StripeError):
    """No such object in this mode; `status` is 400 when a parameter names it."""

    status = 404
    code = "resource_missing"

    def __init__(
        self, noun: str, name: str, *, param: str = "id", referenced: bool = False, mode: str = ""
    ) -> None:
        key = {"live": "a test mode key", "test": "a live mode key"}
        other = (
            f"; a similar object exists in {mode} mode, but {key[mode]} was used to make this"
            " request."
            if mode
            else ""
        )
        super().__init__(f"No such {noun}: '{name}'{other}", param=param)
        if referenced:
            self.status = 400


class UnrecognizedUrl(StripeError):
    """Neither Stripe nor this stand-in has such a path and method."""

    status = 404

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or"
            " we can help at https://support.stripe.com/."
        )


class Unauthorized(StripeError):
    """No key, or a key that this sandbox did not make."""

    status = 401

    def headers(self) -> dict[str, str]:
        """Stripe names the scheme that it expects."""
        return {"WWW-Authenticate": 'Basic realm="Stripe"'}


class Forbidden(StripeError):
    """The key is known but may not do this."""

    status = 403


class IdempotencyMismatch(StripeError):
    """An idempotency key came back with other parameters."""

    type = "idempotency_error"

    def __init__(self, key: str) -> None:
        super().__init__(
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try using a key other than '{key}' if you meant to execute a"
            " different request."
        )


class RateLimited(StripeError):
    """More requests a second than the account or the endpoint allows."""

    status = 429
    code = "rate_limit"

    def __init__(self, reason: str) -> None:
        super().__init__(
            "Request rate limit exceeded. Learn more about rate limits here"
            " https://docs.stripe.com/rate-limits."
        )
        self.reason = reason

    def headers(self) -> dict[str, str]:
        """Which limit was hit; Stripe documents no Retry-After."""
        return {"Stripe-Rate-Limited-Reason": self.reason}


class CardDeclined(StripeError):
    """The card was refused."""

    status = 402
    type = "card_error"
    code = "card_declined"
