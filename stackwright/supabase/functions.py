"""A group of edge functions, published together.

Vendor page: https://supabase.com/docs/reference/api/v1-deploy-a-function. Bundles are uploaded side
by side without going live, then one call publishes them all. What was deployed cannot be read
back, so the hash of the sources is kept in state, with the version that the platform counts: a
function that somebody redeployed by hand shows in a refresh. Functions of others stay. Removing
deletes our own.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import NotFound, UserInput
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, default, doc, fresh, nested, replaces, undiffed
from stackwright.supabase.bundle import Bundle, bundle
from stackwright.supabase.fence import Fence
from stackwright.supabase.project import Ref
from stackwright.supabase.secrets import Group, group_of
from stackwright.values import Json, has_unknown

UPLOADS_AT_A_TIME = 8
LARGEST_BUNDLE = 20 * 1024 * 1024


@nested
class Function(TypedDict):
    """One function: the hash of its sources, and whether the platform checks the caller's JWT."""

    hash: str
    verify_jwt: bool


class FunctionsInputs(TypedDict):
    """A group of functions below one folder."""

    project: Input[Annotated[Ref, replaces, doc("The project's ref.")]]
    group: NotRequired[Input[Annotated[Group, replaces, default("default"), doc("Its name.")]]]
    directory: NotRequired[
        Input[Annotated[str, default("functions"), undiffed, doc("The folder of the sources.")]]
    ]
    functions: Input[Annotated[Mapping[str, Function], doc("Slug to function; `functions()`.")]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Overwrite functions of others.")]]]


class FunctionsOutputs(TypedDict):
    """`versions` as the platform counts them; `revision` is new after every change."""

    versions: Annotated[dict[str, int], fresh]
    revision: Annotated[str, fresh]
    unmanaged: list[str]
    owner: str


class FunctionsController(Controller):
    """One group of a project; difference and upload by slug."""

    token = "stackwright:supabase:Functions"
    inputs = FunctionsInputs
    outputs = FunctionsOutputs
    vendor = "supabase"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the functions group {inputs['group']} of project {inputs['project']}"

    def claims(self, inputs: Mapping[str, Any]) -> Iterable[str]:
        yield from super().claims(inputs)
        yield from (_claim(inputs["project"], slug) for slug in inputs["functions"])

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        for slug in inputs.get("functions", {}):
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", slug):
                yield Problem(
                    f"functions.{slug}", "a slug begins with a letter and has letters, digits, _ -"
                )

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        project, group = group_of(state["id"])
        try:
            remote = await context.supabase.functions(project)
            present = await context.supabase.secrets(project)
        except NotFound:
            return None
        ours = state.get("functions", {})
        functions = {s: _seen(f, remote[s], state) for s, f in ours.items() if s in remote}
        if ours and not functions:
            return None
        inputs = {"project": project, "group": group, "functions": functions}
        fence = Fence("FUNCTIONS", group, context.stack, present)
        outputs = {"id": f"{project}/{group}", "owner": fence.standing}
        return Observed(inputs, outputs | {"unmanaged": _unmanaged(remote, ours)})

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        """Before a Create: may it, whose functions would it take over, and what stays?"""
        if state is None and not has_unknown(inputs):
            remote = await context.supabase.functions(inputs["project"])
            present = await context.supabase.secrets(inputs["project"])
            fence = Fence("FUNCTIONS", inputs["group"], context.stack, present)
            self._admit(fence, inputs, remote, None)
            await self._tell(context, fence, inputs, remote)
        return await super().preview(context, inputs, state)

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        async with context.turn(f"functions of {inputs['project']}"):
            return await self._converge(context, inputs, state)

    async def _converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        project, wanted = inputs["project"], inputs["functions"]
        remote, present = await asyncio.gather(
            context.supabase.functions(project), context.supabase.secrets(project)
        )
        fence = Fence("FUNCTIONS", inputs["group"], context.stack, present)
        owner = self._admit(fence, inputs, remote, state)
        if state is None:
            await self._tell(context, fence, inputs, remote)
        outputs = {"id": f"{project}/{inputs['group']}", "owner": owner}
        if upserts := fence.put_up(owner):
            await context.supabase.upsert_secrets(project, upserts)
        if older := fence.older(owner):
            await context.supabase.delete_secrets(project, older)
        changed = [s for s, f in wanted.items() if _differs(s, f, remote, state or {})]
        versions = {s: f["version"] for s, f in remote.items() if s in wanted}
        versions |= await self._deploy(context, inputs, changed, remote)
        gone = [s for s in self._ours(context, state or {}, remote) if s not in wanted]
        for slug in gone:
            await context.supabase.delete_function(project, slug)
        return {
            **outputs,
            "versions": versions,
            "revision": ownership.fresh(context.stack).token,
            "unmanaged": _unmanaged(remote, [*wanted, *gone]),
        }

    async def remove(self, context: Writing, state: Json) -> None:
        project = state["project"]
        try:
            remote = await context.supabase.functions(project)
            present = await context.supabase.secrets(project)
        except NotFound:
            return
        fence = Fence("FUNCTIONS", state["group"], context.stack, present)
        if fence.is_stale(state.get("owner")):
            await context.log("these functions have another owner now; they stay")
            return
        for slug in self._ours(context, state, remote):
            await context.supabase.delete_function(project, slug)
        await context.supabase.delete_secrets(project, fence.names)

    def _ours(self, context: Writing, state: Json, remote: Iterable[str]) -> list[str]:
        """The functions of this entry that are there, without those that moved to another group."""
        slugs = [slug for slug in state.get("functions", {}) if slug in remote]
        return [s for s in slugs if not context.is_claimed(_claim(state["project"], s))]

    def _admit(self, fence: Fence, inputs: Json, remote: Json, state: Json | None) -> str:
        strangers = sorted(slug for slug in inputs["functions"] if slug in remote)
        return fence.claim(
            ownership.held(state),
            adopt=inputs.get("adopt", False),
            exists=bool(strangers),
            what=f"a group of functions ({', '.join(strangers or inputs['functions'])})",
        )

    async def _tell(self, context: Reading, fence: Fence, inputs: Json, remote: Json) -> None:
        """What a person should know of functions that somebody else deployed."""
        strangers = [] if fence.is_ours else [s for s in inputs["functions"] if s in remote]
        if strangers:
            found = (f"{slug} (version {remote[slug]['version']})" for slug in sorted(strangers))
            await context.log(f"takes over functions of others: {', '.join(found)}")
        others = _unmanaged(remote, inputs["functions"])
        left = [s for s in others if not context.is_claimed(_claim(inputs["project"], s))]
        if left:
            await context.log(f"leaves functions alone that are not declared: {', '.join(left)}")

    async def _deploy(
        self, context: Writing, inputs: Json, slugs: list[str], remote: Json
    ) -> dict[str, int]:
        """Upload side by side, publish once. Answers the versions that are live now."""
        if not slugs:
            return {}
        bundles = [self._bundle(context, inputs, slug) for slug in slugs]
        gate, done = asyncio.Semaphore(UPLOADS_AT_A_TIME), 0

        async def upload(one: Bundle) -> Json:
            nonlocal done
            verify = inputs["functions"][one.slug]["verify_jwt"]
            async with gate:
                answer = await context.supabase.bundle_function(
                    inputs["project"], one.slug, _metadata(one, verify_jwt=verify), one.files
                )
            done += 1
            await context.status(f"{done} of {len(bundles)} functions uploaded")
            version = remote.get(one.slug, {}).get("version", 0) + 1
            return {**answer, "version": version, "verify_jwt": verify}

        uploaded = await asyncio.gather(*(upload(one) for one in bundles))
        await context.supabase.publish_functions(inputs["project"], uploaded)
        live = await context.supabase.functions(inputs["project"])
        return {slug: live[slug]["version"] for slug in slugs}

    def _bundle(self, context: Writing, inputs: Json, slug: str) -> Bundle:
        """The sources, as long as they are what the preview showed."""
        one = bundle(context.root, inputs["directory"], slug)
        if one.hash != inputs["functions"][slug]["hash"]:
            raise UserInput(
                f"the sources of function {slug} changed while this ran; run `pulumi up` again"
            )
        return one


def _claim(project: str, slug: str) -> str:
    return f"the function {slug} of project {project}"


def _metadata(one: Bundle, *, verify_jwt: bool) -> Json:
    known = {
        "name": one.slug,
        "entrypoint_path": one.entrypoint,
        "import_map_path": one.import_map,
        "verify_jwt": verify_jwt,
    }
    return {key: value for key, value in known.items() if value is not None}


def _differs(slug: str, wanted: Json, remote: Json, state: Json) -> bool:
    """Whether a function must be uploaded: new, changed, or not the one that we put there."""
    known = state.get("functions", {}).get(slug)
    if slug not in remote or known is None or known["hash"] != wanted["hash"]:
        return True
    ours = state.get("versions", {}).get(slug) == remote[slug]["version"]
    return not ours or bool(remote[slug]["verify_jwt"] != wanted["verify_jwt"])


def _seen(ours: Json, remote: Json, state: Json) -> Json:
    """A function as the platform has it; sources that we did not put there are unknown."""
    untouched = state.get("versions", {}).get(remote["slug"]) == remote["version"]
    known = ours["hash"] if untouched else f"deployed outside, version {remote['version']}"
    return {"hash": known, "verify_jwt": bool(remote["verify_jwt"])}


def _unmanaged(remote: Iterable[str], ours: Iterable[str]) -> list[str]:
    return sorted(set(remote) - set(ours))


def functions(directory: str, verify_jwt: Mapping[str, bool]) -> dict[str, Function]:
    """The functions of a folder, by slug, hashed over everything that each imports.

    `verify_jwt`: slug to whether the platform checks the caller's JWT. Raises `UserInput` for a
    missing file or import and for a bundle over 20 MB.
    """
    declared: dict[str, Function] = {}
    for slug, verify in verify_jwt.items():
        one = bundle(Path.cwd(), directory, slug)
        if one.size > LARGEST_BUNDLE:
            raise UserInput(f"function {slug} has {one.size} bytes of sources; 20 MB is the limit")
        declared[slug] = Function(hash=one.hash, verify_jwt=verify)
    return declared


class Functions(Resource):
    """Edge functions of a project.

    supabase.Functions("functions", project=project.ref,
                       functions=supabase.functions("functions", {"hello": True}))
    """

    revision: pulumi.Output[str]
    versions: pulumi.Output[dict[str, int]]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[FunctionsInputs],
    ) -> None:
        super().__init__(FunctionsController(), resource_name, inputs, opts)
