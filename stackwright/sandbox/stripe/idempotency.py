"""Idempotency keys: the first outcome of a POST is kept for 24 hours and given again.

Kept once the operation has begun, errors included; a request whose parameters do not validate
leaves nothing behind.
Source: https://docs.stripe.com/api/idempotent_requests.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from stackwright.sandbox.stripe.errors import IdempotencyMismatch, InvalidRequest
from stackwright.sandbox.world import World

KIND = "stripe.idempotency"
SECONDS_KEPT = 24 * 3600
LONGEST = 255


@dataclass(frozen=True)
class Outcome:
    """What a request was answered: status, body and the id of the request that did the work."""

    status: int
    body: dict[str, Any]
    request_id: str


@dataclass(frozen=True)
class Memory:
    """The place of one key of one mode."""

    world: World
    mode: str
    key: str
    fingerprint: str

    def recall(self) -> Outcome | None:
        """The kept outcome; `IdempotencyMismatch` if it was for another request."""
        kept = self.world.store.get(KIND, self._id())
        if kept is None or kept["time"] + SECONDS_KEPT <= self.world.clock.now():
            return None
        if kept["fingerprint"] != self.fingerprint:
            raise IdempotencyMismatch(self.key)
        return Outcome(kept["status"], kept["body"], kept["request_id"])

    def keep(self, outcome: Outcome) -> None:
        """Remember what this request was answered."""
        self.world.store.put(
            KIND,
            self._id(),
            {
                "fingerprint": self.fingerprint,
                "time": self.world.clock.now(),
                "status": outcome.status,
                "body": outcome.body,
                "request_id": outcome.request_id,
            },
        )

    def _id(self) -> str:
        return f"{self.mode}/{self.key}"


def memory(world: World, mode: str, key: str, method: str, path: str, body: bytes) -> Memory:
    """The place for a request; the key is at most 255 characters."""
    if len(key) > LONGEST:
        raise InvalidRequest(
            f"Idempotency keys can be up to {LONGEST} characters long; this one has {len(key)}."
        )
    digest = hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()
    return Memory(world, mode, key, digest)
