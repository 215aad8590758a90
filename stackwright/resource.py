"""The contract of a resource: what a new kind has to bring, and nothing else.

A kind is one file with, in this order: inputs and outputs (see `stackwright.schema`), a
`Controller` with three coroutines, and the `Resource` class that users write in a program.
The plugin (`stackwright.plugin`) does all the rest: validation, diffs, secrets, identity,
partial failure, preview. See docs/decisions/0001-ownership.md for what Create may adopt.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from stackwright import preflight, schema
from stackwright.schema import Problem
from stackwright.values import Json

if TYPE_CHECKING:
    from stackwright.accounts import Accounts
    from stackwright.context import Reading, Writing


class Unfinished(Exception):
    """The object exists but is not as asked: its state is kept and the next `up` goes on.

    `state` must hold the id; `reasons` are sentences for the user.
    """

    def __init__(self, state: Json, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.state = state
        self.reasons = reasons


@dataclass(frozen=True)
class Observed:
    """What the vendor holds now: the managed inputs in our words, and the outputs."""

    inputs: Json
    state: Json


class Controller(ABC):
    """The life of one kind of object at its vendor. All values here are plain: no wrappers.

    `inputs` and `state` are snake_case dictionaries. `state` holds the old inputs and outputs
    together, and always `id`.
    """

    token: ClassVar[str]
    """The type token, `stackwright:<system>:<Kind>`."""
    inputs: ClassVar[type]
    outputs: ClassVar[type]
    vendor: ClassVar[str] = ""
    """`stripe`, `render`, `supabase`, or empty for kinds without an account."""
    unique_name: ClassVar[bool] = False
    """The vendor refuses two objects of one name: replacing deletes the old one first."""
    schema: ClassVar[int] = 1
    """Version of the outputs; a plugin refuses state that a newer one wrote."""

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        """Rules over several fields. `inputs` are the known ones; maps may hold `UNKNOWN`."""
        return ()

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        """What may be declared only once in a program, e.g. `price lookup key monthly`."""
        return None

    def claims(self, inputs: Mapping[str, Any]) -> Iterable[str]:
        """All that only one resource of a program may manage: the object, members of a set."""
        identity = self.identity(inputs)
        return [] if identity is None else [identity]

    def account(self, accounts: "Accounts", values: Mapping[str, Any]) -> str | None:
        """The account that the object lives in; written into state and compared ever after."""
        return accounts.of(self.vendor)

    def replaced_by(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
        """The inputs whose change needs another object. Pure."""
        declared = schema.fields(self.inputs).values()
        marked = {f.name for f in declared if f.has(schema.replaces)}
        return {name for name in marked if old.get(name) != new.get(name)}

    @abstractmethod
    async def observe(self, context: "Reading", state: Json) -> Observed | None:
        """What does the vendor hold now? None when it is gone. `state` may be only an id."""

    @abstractmethod
    async def converge(self, context: "Writing", inputs: Json, state: Json | None) -> Json:
        """Make it so: observe, make sure it exists, send only what differs, return outputs.

        `state` is None on Create. Call `context.made(outputs)` as soon as there is an id.
        """

    @abstractmethod
    async def remove(self, context: "Writing", state: Json) -> None:
        """Delete or archive it; already gone is success."""

    async def outstanding(self, context: "Reading", inputs: Json, state: Json) -> list[str]:
        """Inputs that need an update although they did not change. Default: none, no call."""
        return []

    async def preview(self, context: "Reading", inputs: Json, state: Json | None) -> Json:
        """Outputs that a preview can know. Default: on update all that are not `fresh`."""
        if state is None:
            return {}
        kept = (f.name for f in schema.fields(self.outputs).values() if not f.has(schema.fresh))
        return {name: state[name] for name in kept if name in state}


class Resource(pulumi.CustomResource):
    """The base of every class that users write in a program.

    Wrong inputs are collected by the enclosing `stackwright.program(...)` and reported all at
    once, before anything is registered; outside of one, they raise `UserInput`.
    """

    def __init__(
        self,
        controller: Controller,
        name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        preflight.check(controller.token, name, controller.inputs, inputs, controller.problems)
        outputs = schema.fields(controller.outputs)
        hidden = [f.name for f in outputs.values() if f.has(schema.secret)]
        merged = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(additional_secret_outputs=hidden)
        )
        properties = {**inputs, **{output: None for output in outputs if output != "id"}}
        super().__init__(controller.token, name, properties, merged)
        preflight.declare([getattr(self, output) for output in hidden])
