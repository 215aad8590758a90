"""Every failure that a user can meet, as one tree; `str(error)` is what the user reads.

    StackwrightError
      Refused              a guard said no; the message starts with REFUSED
      NeedsApproval        a person must say yes first; starts with NEEDS APPROVAL
      UserInput            a setting, file or argument is missing or wrong
      WriteInPreview       our own defect: a preview tried to change something
      VendorError          a vendor refused, failed, or could not be reached
        NotFound           404, 410
        Conflict           409: the name is taken, or the object is busy
        Invalid            400, 422: the vendor understood and refused the content
        Unauthorized       401: the key is missing, wrong, or revoked
        Forbidden          403: the key is right and may not do this
        PaymentRequired    402: the plan or the payment method does not allow it
        RateLimited        429, and it would take longer than we are willing to wait
        Unavailable        408, 5xx, or no connection
          Ambiguous        a write was sent and its outcome is unknown: observe, then decide

Texts that come from a vendor pass through `scrub` before they are kept anywhere.
"""

import re
from collections.abc import Iterable
from typing import ClassVar

_KEY_SHAPES = (
    (re.compile(r"\b((?:sk|rk)_(?:test|live)_)[\w*]+"), r"\1..."),
    (re.compile(r"\b(whsec_|sbp_|sb_secret_|rnd_)[\w*-]+"), r"\1..."),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "eyJ..."),
    (re.compile(r"(?i)\b(bearer\s+)[^\s,;\"']+"), r"\1..."),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]+(?=@)"), r"\1..."),
)
_SHORTEST_SECRET = 4  # replacing shorter strings would only garble the text


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without anything shaped like a vendor's key."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "...")
    for shape, replacement in _KEY_SHAPES:
        text = shape.sub(replacement, text)
    return text


class StackwrightError(Exception):
    """Any failure with a text for the user: what, where, what to do. `exit_code` is the CLI's."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(StackwrightError):
    """A guard refuses to go on; nothing was changed by the refused step."""

    exit_code = 3

    def __init__(self, message: str) -> None:
        super().__init__(f"REFUSED: {message}")


class NeedsApproval(StackwrightError):
    """A person must allow this very step in the stack's configuration first."""

    exit_code = 5

    def __init__(self, message: str) -> None:
        super().__init__(f"NEEDS APPROVAL: {message}")


class UserInput(StackwrightError):
    """A setting, a file or an argument is missing or wrong; the message names it, not its value."""

    exit_code = 2


class WriteInPreview(StackwrightError):
    """A preview asked for an operation that is not known to be a read. Nothing was sent."""

    def __init__(self, vendor: str, operation: str) -> None:
        super().__init__(
            f"{vendor} {operation} is not known to be a read, and a preview may only read; "
            "nothing was sent. This is a defect of stackwright: please report it."
        )
        self.vendor = vendor
        self.operation = operation


class VendorError(StackwrightError):
    """A vendor refused, failed, or could not be reached.

    `operation` is method and path, without the query; `code` and `message` are the vendor's own
    words, scrubbed; `advice` is ours. `retry_after` is the pause the vendor asked for, in
    seconds. `retry` is the vendor's own word on whether trying again is of use (None: it said
    nothing). `status` is 0 when there was no answer.
    """

    def __init__(
        self,
        vendor: str,
        status: int = 0,
        code: str | None = None,
        message: str = "",
        request_id: str | None = None,
        advice: str = "",
        *,
        operation: str = "",
        retry_after: float | None = None,
        retry: bool | None = None,
    ) -> None:
        self.vendor = vendor
        self.status = status
        self.code = code
        self.vendor_message = scrub(message)
        self.request_id = request_id
        self.advice = advice
        self.operation = operation
        self.retry_after = retry_after
        self.retry = retry
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        """`Stripe POST /v1/prices: 400 code: its words (request req_1). Our advice.`"""
        where = f"{self.vendor} {self.operation}".strip()
        answer = " ".join(str(part) for part in (self.status or "", self.code or "") if part)
        words = _without_full_stop(self.vendor_message.strip())
        request = f" (request {self.request_id})" if self.request_id else ""
        text = ": ".join(part for part in (where, answer, words) if part) + request + "."
        return f"{text} {self.advice}".strip()


def _without_full_stop(text: str) -> str:
    return text if text.endswith("...") else text.removesuffix(".")


class NotFound(VendorError):
    """The object is not there, or this key cannot see it."""


class Conflict(VendorError):
    """The name is taken, or the object is busy with something else."""


class Invalid(VendorError):
    """The vendor understood the request and refused its content."""


class Unauthorized(VendorError):
    """The key is missing, wrong, expired or revoked."""


class Forbidden(VendorError):
    """The key is right, and may not do this."""


class PaymentRequired(VendorError):
    """The plan's limits or the payment method do not allow it."""


class RateLimited(VendorError):
    """Too many requests, and the wait would be longer than we are willing to stay."""


class Unavailable(VendorError):
    """No usable answer: a connection failed or the vendor is in trouble.

    `sent` is False when the request certainly never reached the vendor.
    """

    sent: bool = True


class Ambiguous(Unavailable):
    """A write was sent and nobody knows whether it was done. Observe before trying again."""
