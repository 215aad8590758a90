"""Who owns an object at a vendor: one tag, written by every Create and checked by all else.

The engine turns a replacement, a renamed logical name, a move under a component and
`up --replace` into Create, then Delete of the old entry. When the vendor's name is the same,
both entries speak of one live object, so the Delete must find out that it is no longer meant.
The tag is `<project>/<stack>#<token>`: the stack is the proof that lets a Create take over what
a killed run left behind; the token is fresh at each Create and fences off every older entry.
See docs/decisions/0001-ownership.md.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from stackwright.errors import Refused
from stackwright.values import Json

TOKEN_BYTES = 6


@dataclass(frozen=True)
class Owner:
    """The stack (`project/stack`) that made an object, and the token of the Create that did."""

    stack: str
    token: str

    def __str__(self) -> str:
        return f"{self.stack}#{self.token}"

    @classmethod
    def parse(cls, tag: str | None) -> "Owner | None":
        """The owner that a tag names; None when there is no tag or it is not one of ours."""
        stack, separator, token = (tag or "").rpartition("#")
        return cls(stack, token) if separator and stack and token else None


def fresh(stack: str, token: Callable[[int], str] = secrets.token_hex) -> Owner:
    """A new owner of this stack, unlike any before."""
    return Owner(stack, token(TOKEN_BYTES))


def admit(tag: str | None, stack: str, *, adopt: bool, what: str) -> None:
    """Let a Create take over an existing object, or refuse by name.

    `what` names the object in the vendor's words, e.g. `Stripe product prod_voip`.
    """
    found = Owner.parse(tag)
    if adopt or (found and found.stack == stack):
        return
    if found:
        raise Refused(
            f"{what} belongs to stack {found.stack}. Choose another name, or set adopt=True "
            "if that stack no longer manages it."
        )
    raise Refused(
        f"{what} exists already and no stack of ours made it. Import it or set adopt=True to "
        "take it over; if you renamed or moved the resource, add aliases."
    )


def same(field: str, wanted: object, found: object, what: str) -> None:
    """Refuse to adopt an object that differs in a field which cannot be changed in place."""
    if wanted != found:
        raise Refused(
            f"{what} exists already with another {field}, which cannot be changed in place. "
            "Give the new one another name, or remove the old one first."
        )


def is_stale(tag: str | None, held: str | None) -> bool:
    """Whether another Create has taken the object over since `held` was written into state."""
    found = Owner.parse(tag)
    return found is not None and held is not None and str(found) != held


def hold(tag: str | None, held: str | None, what: str) -> None:
    """Refuse to update an object that another Create has taken over."""
    if is_stale(tag, held):
        raise Refused(
            f"{what} was taken over by {Owner.parse(tag)}. Remove this resource from the program "
            "or from the state; the other entry manages the object."
        )


def claim(
    tag: str | None,
    held: str | None,
    stack: str,
    *,
    exists: bool,
    adopt: bool = False,
    what: str,
) -> str:
    """The tag to write: the one we hold, or a fresh one in a Create (`held` is None).

    Refuses what may not be adopted, and what another entry has taken over.
    """
    if held is None:
        if exists:
            admit(tag, stack, adopt=adopt, what=what)
        return str(fresh(stack))
    hold(tag, held, what)
    return held or str(fresh(stack))


def held(state: Json | None) -> str | None:
    """The tag in state: None in a Create, empty after the import of an object without one."""
    return None if state is None else str(state.get("owner") or "")
