"""Ownership where only digests can be read: a reserved secret whose *name* is the fence.

Supabase tells the names of secrets and the SHA-256 of their values. So the owner of a group of
secrets or functions is `STACKWRIGHT_OWNER_<KIND>_<GROUP>_<TOKEN>` with the stack as its value: the
name shows which Create came last, the digest proves whose it is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from stackwright import ownership
from stackwright.errors import Refused
from stackwright.values import Json

PREFIX = "STACKWRIGHT_OWNER_"


def digest(value: str) -> str:
    """How Supabase shows the value of a secret."""
    return hashlib.sha256(value.encode()).hexdigest()


@dataclass(frozen=True)
class Fence:
    """The fence of one group. `present`: all secrets of the project, name to digest."""

    kind: str
    group: str
    stack: str
    present: Mapping[str, str]

    @property
    def _prefix(self) -> str:
        return f"{PREFIX}{self.kind}_{self.group.upper().replace('-', '_')}_"

    @property
    def names(self) -> list[str]:
        """All fences of this group; more than one only when a run was killed."""
        found = (name for name in self.present if name.startswith(self._prefix))
        return sorted(name for name in found if "_" not in name.removeprefix(self._prefix))

    @property
    def is_ours(self) -> bool:
        """Whether this stack put up a fence here before."""
        return any(self.present[name] == digest(self.stack) for name in self.names)

    def claim(self, held: str | None, *, adopt: bool, exists: bool, what: str) -> str:
        """The fence to keep: a fresh one in a Create (`held` is None), else the one we hold."""
        if held is not None:
            if self.is_stale(held):
                raise Refused(
                    f"{what} was taken over by another entry of {self.stack} or another stack. "
                    "Remove this resource from the program or from the state."
                )
            return held or self._new()
        if self.names and not self.is_ours and not adopt:
            raise Refused(
                f"{what} belongs to another stack. Choose another group, or set adopt=True if "
                "that stack no longer manages it."
            )
        if exists and not self.is_ours:
            ownership.admit(None, self.stack, adopt=adopt, what=what)
        return self._new()

    def _new(self) -> str:
        return self._prefix + ownership.fresh(self.stack).token.upper()

    def is_stale(self, held: str | None) -> bool:
        """Whether a later Create has put up a fence of its own."""
        return bool(self.names) and held not in self.names

    @property
    def standing(self) -> str:
        """A fence of this group; empty when there is none."""
        return next(iter(self.names), "")

    def put_up(self, name: str) -> Json:
        """The secret to upsert; empty when it stands already."""
        return {} if self.present.get(name) == digest(self.stack) else {name: self.stack}

    def older(self, name: str) -> list[str]:
        """The fences to take down once `name` stands."""
        return [other for other in self.names if other != name]


def is_fence(name: str) -> bool:
    return name.startswith(PREFIX)
