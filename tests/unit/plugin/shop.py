"""A kind of resource with a vendor in memory, for tests of the plugin itself."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from stackwright.configuration import Configuration
from stackwright.context import Reading, Session, Writing
from stackwright.resource import Controller, Observed, Unfinished
from stackwright.schema import Input, Problem, default, fresh, replaces, secret, undiffed
from stackwright.values import Json

URN = "urn:pulumi:dev::shop::stackwright:shop:Thing::one"


class ThingInputs(TypedDict):
    """What a thing is asked to be."""

    name: Input[Annotated[str, replaces]]
    size: NotRequired[Input[Annotated[int, default(1)]]]
    values: NotRequired[Input[dict[str, str]]]
    hidden: NotRequired[Input[Annotated[str, secret]]]
    patience: NotRequired[Input[Annotated[float, undiffed]]]


class ThingOutputs(TypedDict):
    """What it tells."""

    url: str
    owner: str
    key: Annotated[str, secret]
    revision: Annotated[str, fresh]


class ThingController(Controller):
    """`held`: name to object, as the vendor has it. `fails` is raised after `made`."""

    token = "stackwright:shop:Thing"
    inputs = ThingInputs
    outputs = ThingOutputs
    vendor = "shop"
    schema = 2

    def __init__(self) -> None:
        self.held: dict[str, Json] = {}
        self.fails: Exception | None = None
        self.made = True
        self.asked: list[Json] = []
        self.due: list[str] = []

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        if inputs.get("size", 1) < 0:
            yield Problem("size", "must not be negative")

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the thing {inputs['name']}"

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = self.held.get(state["id"])
        if found is None:
            return None
        return Observed(found, {"id": state["id"], "key": "key-2", "owner": "found"})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        self.asked.append(inputs)
        self.held[inputs["name"]] = dict(inputs)
        outputs = {"id": inputs["name"], "url": "u", "owner": "held", "key": "key-1"}
        if self.made:
            context.made(outputs)
        if self.fails:
            raise self.fails
        return {**outputs, "revision": "r1"}

    async def remove(self, context: Writing, state: Json) -> None:
        self.held.pop(state["id"], None)

    async def outstanding(self, context: Reading, inputs: Json, state: Json) -> list[str]:
        return self.due


def session(account: str = "acct-1") -> Session:
    """A session whose vendor says that we are `account`."""
    from stackwright.accounts import Accounts
    from stackwright.clients import Clients

    settings = Configuration({})
    return Session("shop/dev", settings, Clients(settings), accounts=Accounts({"shop": account}))


__all__ = ["URN", "ThingController", "Unfinished", "session"]
