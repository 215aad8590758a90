"""An existing Supabase project: its address and its public key.

Vendor page: https://supabase.com/docs/reference/api/v1-get-project. A project holds users' data, so
this resource neither makes nor deletes one: it proves that the project is the declared one (ref
and region) and that it is awake, and tells what the others need. Removing does nothing.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import Refused
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, doc, replaces
from stackwright.values import Json, has_unknown

Ref = Annotated[str, Field(pattern="^[a-z]{20}$")]


class ProjectInputs(TypedDict):
    """Which project, and what it must be."""

    ref: Input[Annotated[Ref, replaces, doc("Its reference: twenty lower-case letters.")]]
    region: NotRequired[Input[Annotated[str, doc("Refuse a project in another region.")]]]


class ProjectOutputs(TypedDict):
    """`anon_key` is public by design: row-level security decides what it may see."""

    url: str
    anon_key: str
    name: str


class ProjectController(Controller):
    """Reads only."""

    token = "stackwright:supabase:Project"
    inputs = ProjectInputs
    outputs = ProjectOutputs
    vendor = "supabase"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the Supabase project {inputs['ref']}"

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("ref"))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.supabase.project(state["id"])
        if found is None:
            return None
        inputs = {"ref": state["id"], "region": found["region"]}
        return Observed(inputs, await _outputs(context, found, state["id"]))

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        return await self._read(context, inputs)

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        """All of it can be read, so a first preview knows it all."""
        return {} if has_unknown(inputs) else await self._read(context, inputs)

    async def remove(self, context: Writing, state: Json) -> None:
        return None

    async def _read(self, context: Reading, inputs: Json) -> Json:
        ref = inputs["ref"]
        found = await context.supabase.project(ref)
        if found is None:
            raise Refused(f"there is no Supabase project {ref}, or the token cannot see it.")
        if "region" in inputs and found["region"] != inputs["region"]:
            raise Refused(
                f"the Supabase project {ref} is in {found['region']}, but {inputs['region']} is "
                "declared. Is it the right project?"
            )
        if found["status"] != "ACTIVE_HEALTHY":
            raise Refused(
                f"the Supabase project {ref} is {found['status']}. Restore it in the dashboard, or "
                "wait until it is ready."
            )
        return await _outputs(context, found, ref)


async def _outputs(context: Reading, found: Json, ref: str) -> Json:
    keys = await context.supabase.api_keys(ref)
    if "anon" not in keys:
        raise Refused(f"the Supabase project {ref} has no anon key; enable the legacy API keys.")
    return {
        "id": ref,
        "url": context.project_url(ref),
        "anon_key": keys["anon"],
        "name": found["name"],
    }


class Project(Resource):
    """A Supabase project that exists.

    supabase.Project("project", ref="abcdefghijklmnopqrst", region="us-east-1")
    """

    ref: pulumi.Output[str]
    url: pulumi.Output[str]
    anon_key: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ProjectInputs],
    ) -> None:
        super().__init__(ProjectController(), resource_name, inputs, opts)
