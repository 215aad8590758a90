"""Secrets of a project's edge functions.

Vendor page: https://supabase.com/docs/reference/api/v1-bulk-create-secrets. Values cannot be read
back, only their SHA-256: that is enough to send what differs and to notice drift. A change takes
effect without a deploy. At most 100 secrets a project; names must not begin with `SUPABASE_`.
Secrets of others stay. Removing deletes our own.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import NotFound
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, default, doc, fresh, replaces, secret, undiffed
from stackwright.supabase.fence import Fence, digest, is_fence
from stackwright.supabase.project import Ref
from stackwright.values import UNKNOWN, Json

Group = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,30}$")]
LONGEST_VALUE = 24_576


def group_of(identifier: str) -> tuple[str, str]:
    """Project and group of an id, `ref/group`; in an import the group may be left out."""
    project, _, group = identifier.partition("/")
    return project, group or "default"


class SecretsInputs(TypedDict):
    """A group of secrets. Several groups may share a project, each with keys of its own."""

    project: Input[Annotated[Ref, replaces, doc("The project's ref.")]]
    group: NotRequired[Input[Annotated[Group, replaces, default("default"), doc("Its name.")]]]
    values: Input[Annotated[Mapping[str, Input[str]], secret, doc("Name to value.")]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Overwrite values set elsewhere.")]]]


class SecretsOutputs(TypedDict):
    """`revision` is new after every change; `names` are ours, `unmanaged` those of others."""

    revision: Annotated[str, fresh]
    names: Annotated[list[str], fresh]
    unmanaged: list[str]
    owner: str


class SecretsController(Controller):
    """One group of a project, compared by digest."""

    token = "stackwright:supabase:Secrets"
    inputs = SecretsInputs
    outputs = SecretsOutputs
    vendor = "supabase"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the secrets group {inputs['group']} of project {inputs['project']}"

    def claims(self, inputs: Mapping[str, Any]) -> Iterable[str]:
        yield from super().claims(inputs)
        yield from (_claim(inputs["project"], name) for name in inputs["values"])

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        for name, value in inputs.get("values", {}).items():
            if name.startswith("SUPABASE_"):
                yield Problem(
                    f"values.{name}", "names that begin with SUPABASE_ are Supabase's own"
                )
            elif is_fence(name):
                yield Problem(f"values.{name}", "is reserved for stackwright's own mark")
            elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,255}", name):
                yield Problem(f"values.{name}", "is no name of an environment variable")
            if isinstance(value, str) and len(value) > LONGEST_VALUE:
                yield Problem(f"values.{name}", f"is longer than {LONGEST_VALUE} characters")

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        project, group = group_of(state["id"])
        present = await _present(context, project)
        if present is None:
            return None
        fence, ours = Fence("SECRETS", group, context.stack, present), state.get("values", {})
        values = {n: _seen(v, present[n]) for n, v in ours.items() if n in present}
        if ours and not values and not fence.names:
            return None
        inputs = {"project": project, "group": group, "values": values}
        outputs: Json = {"id": f"{project}/{group}", "owner": fence.standing}
        outputs |= {"names": sorted(values)}
        return Observed(inputs, outputs | {"unmanaged": _unmanaged(present, values)})

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        """Before a Create: may it, whose values would it overwrite, and what stays?"""
        if state is None and inputs["project"] is not UNKNOWN and inputs["values"] is not UNKNOWN:
            present = await context.supabase.secrets(inputs["project"])
            fence = Fence("SECRETS", inputs["group"], context.stack, present)
            self._claim(fence, inputs, present, None)
            await self._tell(context, fence, inputs, present)
        return await super().preview(context, inputs, state)

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        async with context.turn(f"secrets of {inputs['project']}"):
            return await self._converge(context, inputs, state or {}, ownership.held(state))

    async def _converge(
        self, context: Writing, inputs: Json, state: Json, held: str | None
    ) -> Json:
        project, values = inputs["project"], inputs["values"]
        present = await context.supabase.secrets(project)
        fence = Fence("SECRETS", inputs["group"], context.stack, present)
        owner = self._claim(fence, inputs, present, held)
        if held is None:
            await self._tell(context, fence, inputs, present)
        else:
            _refuse_strangers(context, inputs, present, state.get("values", {}))
        changed = {n: v for n, v in values.items() if present.get(n) != digest(v)}
        if upserts := {**changed, **fence.put_up(owner)}:
            await context.supabase.upsert_secrets(project, upserts)
        gone = [n for n in self._ours(context, state, present) if n not in values]
        if deletions := gone + fence.older(owner):
            await context.supabase.delete_secrets(project, deletions)
        return {
            "id": f"{project}/{inputs['group']}",
            "owner": owner,
            "revision": ownership.fresh(context.stack).token,
            "names": sorted(values),
            "unmanaged": _unmanaged(present, [*values, *gone]),
        }

    def _claim(
        self, fence: Fence, inputs: Json, present: Mapping[str, str], held: str | None
    ) -> str:
        foreign = _foreign(inputs["values"], present)
        return fence.claim(
            held,
            adopt=inputs.get("adopt", False),
            exists=bool(foreign),
            what=f"the group {inputs['group']} of secrets {', '.join(foreign)}".rstrip(),
        )

    async def _tell(
        self, context: Reading, fence: Fence, inputs: Json, present: Mapping[str, str]
    ) -> None:
        """What a person should know of secrets that somebody else set; names, never values."""
        foreign = [] if fence.is_ours else _foreign(inputs["values"], present)
        if foreign:
            await context.log(f"overwrites secrets of others: {', '.join(foreign)}")
        others = _unmanaged(present, inputs["values"])
        left = [n for n in others if not context.is_claimed(_claim(inputs["project"], n))]
        if left:
            await context.log(f"leaves secrets alone that are not declared: {', '.join(left)}")

    async def remove(self, context: Writing, state: Json) -> None:
        present = await _present(context, state["project"])
        if present is None:
            return
        fence = Fence("SECRETS", state["group"], context.stack, present)
        if fence.is_stale(state.get("owner")):
            await context.log("these secrets have another owner now; they stay")
            return
        ours = self._ours(context, state, present)
        await context.supabase.delete_secrets(state["project"], [*ours, *fence.names])

    def _ours(self, context: Writing, state: Json, present: Iterable[str]) -> list[str]:
        """The secrets of this entry that are there, without those that moved to another group."""
        names = [name for name in state.get("values", {}) if name in present]
        return [n for n in names if not context.is_claimed(_claim(state["project"], n))]


def _refuse_strangers(
    context: Writing, inputs: Json, present: Mapping[str, str], ours: Mapping[str, str]
) -> None:
    """A name that is new in the program may be somebody else's, set to something else."""
    new = {name: value for name, value in inputs["values"].items() if name not in ours}
    foreign = sorted(n for n, v in new.items() if present.get(n, digest(v)) != digest(v))
    if foreign:
        adopt = inputs.get("adopt", False)
        ownership.admit(None, context.stack, adopt=adopt, what=f"the secret {', '.join(foreign)}")


async def _present(context: Reading, project: str) -> dict[str, str] | None:
    try:
        return await context.supabase.secrets(project)
    except NotFound:
        return None


def _foreign(values: Json, present: Mapping[str, str]) -> list[str]:
    """Names that are set to another value, or to one that cannot be compared yet."""
    same = {n for n, v in values.items() if v is not UNKNOWN and present.get(n) == digest(v)}
    return sorted(name for name in values if name in present and name not in same)


def _claim(project: str, name: str) -> str:
    return f"the secret {name} of project {project}"


def _seen(value: str, present: str) -> str:
    """The value as far as a digest tells it. An imported group has no values: none can be read."""
    return value if present == digest(value) else f"changed outside: {present}"


def _unmanaged(present: Iterable[str], ours: Iterable[str]) -> list[str]:
    known = set(ours)
    return sorted(name for name in present if name not in known and not is_fence(name))


class Secrets(Resource):
    """Secrets of a project's edge functions.

    supabase.Secrets("billing", project=project.ref, values={"STRIPE_SECRET_KEY": key})
    """

    revision: pulumi.Output[str]
    unmanaged: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[SecretsInputs],
    ) -> None:
        super().__init__(SecretsController(), resource_name, inputs, opts)
