"""One operation of the API: a method on a path, its parameters, and the function behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from stackwright.sandbox.stripe.mode import Object
from stackwright.sandbox.stripe.parameters import Record


@dataclass(frozen=True)
class Operation:
    """`run(mode, params, *path_parts)` gives the object to show; `kind` is the object that it is
    about, as a restricted key's permissions name it."""

    method: str
    path: str
    kind: str
    parameters: Record
    run: Callable[..., Object]
