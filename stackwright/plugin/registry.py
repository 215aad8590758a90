"""All kinds that the plugin serves, by type token. A new kind is one line here."""

from functools import cache

from stackwright.errors import UserInput
from stackwright.resource import Controller


@cache
def controllers() -> dict[str, Controller]:
    """Token to controller. Imported on first use: a start-up pays for what it serves."""
    kinds: list[Controller] = []
    return {kind.token: kind for kind in kinds}


def controller(token: str) -> Controller:
    """The controller of a type token, or advice when there is none."""
    found = controllers().get(token)
    if found is None:
        known = ", ".join(sorted(controllers()))
        raise UserInput(f"stackwright serves no resource {token}; it serves {known}")
    return found
