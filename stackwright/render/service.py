"""A Render service: a static site or a web service, built from a git repository.

Vendor page: https://api-docs.render.com/reference/create-service. Type and region cannot be
changed. Names are unique in a workspace, so replacing deletes the old service first. Render
starts a first deploy unasked, before the service has its variables: it is canceled. No change
but of routes and headers takes effect before the next deploy, see `Deploy`. Inputs that were
never declared stay as the vendor has them. Removing deletes the service with its URL.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.context import Reading, Writing
from stackwright.errors import Ambiguous, Refused, VendorError
from stackwright.render import marks, revision
from stackwright.render.client import is_suspended
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, doc, fresh, nested, replaces, undiffed
from stackwright.values import Json

Kind = Literal["static_site", "web_service"]
Runtime = Literal["elixir", "go", "node", "python", "ruby", "rust"]
Plan = Literal["free", "starter", "standard", "pro", "pro_plus", "pro_max", "pro_ultra"]
Region = Literal["frankfurt", "oregon", "ohio", "singapore", "virginia"]
Name = Annotated[str, Field(min_length=1, max_length=64)]


@nested
class Route(TypedDict):
    """A rule of a static site; the first that fits wins."""

    type: Literal["redirect", "rewrite"]
    source: str
    destination: str


@nested
class Header(TypedDict):
    """A response header of a static site for paths that fit `path`."""

    path: str
    name: str
    value: str


class ServiceInputs(TypedDict):
    """What a service is made of. Commands run in `root_dir` of the repository."""

    name: Input[Annotated[Name, doc("Unique in the workspace.")]]
    type: Input[Annotated[Kind, replaces, doc("What it serves.")]]
    repo: Input[Annotated[str, doc("The repository's URL.")]]
    branch: Input[Annotated[str, doc("The branch that is built.")]]
    build_command: Input[Annotated[str, doc("What builds it.")]]
    root_dir: NotRequired[Input[Annotated[str, doc("A folder of the repository.")]]]
    publish_path: NotRequired[Input[Annotated[str, doc("Static site: the folder served.")]]]
    routes: NotRequired[Input[Annotated[Sequence[Route], doc("Static site: rewrites.")]]]
    headers: NotRequired[Input[Annotated[Sequence[Header], doc("Static site: headers.")]]]
    start_command: NotRequired[Input[Annotated[str, doc("Web service: what runs.")]]]
    runtime: NotRequired[Input[Annotated[Runtime, doc("Web service: its language.")]]]
    plan: NotRequired[Input[Annotated[Plan, doc("Web service: its size.")]]]
    region: NotRequired[Input[Annotated[Region, replaces, doc("Web service: where.")]]]
    health_check_path: NotRequired[Input[Annotated[str, doc("Web service: answers 2xx.")]]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Take over one that exists.")]]]


class ServiceOutputs(TypedDict):
    """What a service tells. `url` is there before anything is deployed."""

    url: str
    slug: str
    owner: str
    revision: Annotated[str, fresh]


DETAILS = {
    # our input -> Render's field of `serviceDetails`
    "build_command": "buildCommand",
    "publish_path": "publishPath",
    "start_command": "startCommand",
    "runtime": "runtime",
    "plan": "plan",
    "region": "region",
    "health_check_path": "healthCheckPath",
}
NATIVE = ("build_command", "start_command")  # web services keep them in `envSpecificDetails`
RULES = ("routes", "headers")  # effective without a deploy
CLEARABLE = ("root_dir", "health_check_path")  # the others have no empty value
TOP = {"name": "name", "repo": "repo", "branch": "branch", "root_dir": "rootDir"}
ONLY = {
    "static_site": ("publish_path", "routes", "headers"),
    "web_service": ("start_command", "runtime", "plan", "region", "health_check_path"),
}


class ServiceController(Controller):
    """Found by its name; the owner tag is a variable."""

    token = "stackwright:render:Service"
    inputs = ServiceInputs
    outputs = ServiceOutputs
    vendor = "render"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the Render service {inputs['name']}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        kind = inputs.get("type", "static_site")
        for other, names in ONLY.items():
            for name in names:
                if other != kind and name in inputs:
                    yield Problem(name, f"belongs to a {other}; this service is a {kind}")
        if kind == "web_service":
            for name in ("runtime", "start_command"):
                if name not in inputs:
                    yield Problem(name, "is required for a web_service")

    def replaced_by(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
        """A region that is no longer declared is left where it is; one that is new is compared."""
        silent = {"region"} if "region" not in old or "region" not in new else set()
        return super().replaced_by(old, new) - silent

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await context.render.service(state["id"])
        if found is None:
            return None
        tag = (await context.render.env_vars(found["id"])).get(marks.SERVICE_OWNER)
        inputs = _inputs(found)
        if found["type"] == "static_site":
            inputs["routes"] = await _rules(context, found["id"], "routes")
            inputs["headers"] = await _rules(context, found["id"], "headers")
        return Observed(inputs, _outputs(found, tag or "", state.get("revision", "")))

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        found, tag = await self._find(context, inputs, state)
        owner = ownership.claim(
            tag,
            ownership.held(state),
            context.stack,
            exists=found is not None,
            adopt=inputs.get("adopt", False),
            what=f"the Render service {inputs['name']}",
        )
        if found is None:
            found = await self._create(context, inputs, owner)
        else:
            self._same(inputs, found)
            if tag != owner:
                await context.render.put_env_var(found["id"], marks.SERVICE_OWNER, owner)
            found = await self._patch(context, inputs, found, state or {})
        context.made(_outputs(found, owner, ""))
        await self._put_rules(context, inputs, found["id"], state or {})
        kept = _kept_revision(inputs, state)
        return _outputs(found, owner, kept or await revision.of_service(context, found["id"]))

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        """Routes and headers need no deploy: then the revision is known to stay."""
        known = await super().preview(context, inputs, state)
        kept = _kept_revision(inputs, state)
        return {**known, "revision": kept} if kept else known

    async def remove(self, context: Writing, state: Json) -> None:
        found = await context.render.service(state["id"])
        if found is None:
            return
        tag = (await context.render.env_vars(state["id"])).get(marks.SERVICE_OWNER)
        if ownership.is_stale(tag, state.get("owner")):
            await context.log(f"the Render service {found['name']} has another owner now; it stays")
            return
        await context.render.delete_service(state["id"])

    async def _find(
        self, context: Writing, inputs: Json, state: Json | None
    ) -> tuple[Json | None, str | None]:
        """The service with its owner tag: by id when there is one, else by name."""
        if state is None:
            found = await context.render.service_by_name(inputs["name"])
        else:
            found = await context.render.service(state["id"])
            if found is None:
                raise Refused(f"Render service {state['id']} is gone. Run `pulumi up --refresh`.")
        if found is None:
            return None, None
        return found, (await context.render.env_vars(found["id"])).get(marks.SERVICE_OWNER)

    def _same(self, inputs: Json, found: Json) -> None:
        what, present = f"the Render service {found['name']}", _inputs(found)
        ownership.same("type", inputs["type"], found["type"], what)
        if "region" in inputs:
            ownership.same("region", inputs["region"], present.get("region"), what)

    async def _create(self, context: Writing, inputs: Json, owner: str) -> Json:
        try:
            answer = await context.render.create_service(_creation(inputs, owner))
        except Ambiguous:
            found = await self._look_again(context, inputs["name"], owner)
            if found is None:
                raise
            answer = found
        service: Json = answer["service"]
        context.made(_outputs(service, owner, ""))
        await self._cancel_first(context, service["id"], answer.get("deployId"))
        return service

    async def _look_again(self, context: Writing, name: str, owner: str) -> Json | None:
        """The answer was lost: if there is a service with our very tag, it was made."""
        found = await context.render.service_by_name(name)
        if found is None:
            return None
        tag = (await context.render.env_vars(found["id"])).get(marks.SERVICE_OWNER)
        if tag != owner:
            return None
        deploys = await context.render.deploys(found["id"])
        return {"service": found, "deployId": deploys[-1]["id"] if deploys else None}

    async def _cancel_first(self, context: Writing, service: str, deploy: str | None) -> None:
        if deploy:
            try:
                await context.render.cancel_deploy(service, deploy)
            except VendorError:
                # It ended before we asked: the deploy of this rollout replaces it.
                await context.log("Render's first deploy could not be canceled; it is replaced")

    async def _patch(self, context: Writing, inputs: Json, found: Json, state: Json) -> Json:
        if is_suspended(found):
            await context.warn(f"the Render service {found['name']} is suspended")
        changed = _changed(inputs, _inputs(found), state)
        if not changed:
            return found
        return await context.render.update_service(found["id"], _body(inputs["type"], changed))

    async def _put_rules(self, context: Writing, inputs: Json, service: str, state: Json) -> None:
        """Only what was ever declared is ours."""
        puts = (context.render.put_routes, context.render.put_headers)
        for name, put in zip(RULES, puts, strict=True):
            if name in inputs or name in state:
                wanted = inputs.get(name, [])
                if await _rules(context, service, name) != wanted:
                    await put(service, wanted)


async def _rules(context: Reading, service: str, name: str) -> list[Json]:
    """Routes or headers in our words, without the ids that change at every write."""
    if name == "routes":
        found, fields = await context.render.routes(service), ("type", "source", "destination")
    else:
        found, fields = await context.render.headers(service), ("path", "name", "value")
    return [{field: rule[field] for field in fields} for rule in found]


def _changed(inputs: Json, present: Json, state: Json) -> Json:
    """What must be sent: fields that differ, and those that were declared and no longer are."""
    fields = [name for name in (*TOP, *DETAILS) if name != "region"]
    changed = {n: inputs[n] for n in fields if n in inputs and inputs[n] != present.get(n)}
    dropped = [n for n in CLEARABLE if n in state and n not in inputs and present.get(n)]
    changed |= dict.fromkeys(dropped, "")
    if inputs["type"] == "web_service" and not changed.keys().isdisjoint(NATIVE):
        changed |= {name: inputs[name] for name in NATIVE}  # Render takes both or none
    return changed


def _kept_revision(inputs: Json, state: Json | None) -> str:
    """The revision in state when nothing changed that a deploy would have to carry."""
    if not state or not state.get("revision"):
        return ""
    declared = [name for name in ServiceInputs.__annotations__ if name not in (*RULES, "adopt")]
    before, after = ([values.get(name) for name in declared] for values in (state, inputs))
    return str(state["revision"]) if before == after and _rules_differ(inputs, state) else ""


def _rules_differ(inputs: Json, state: Json) -> bool:
    """Without any difference this is a second try of an update whose outcome is unknown."""
    return any(inputs.get(name) != state.get(name) for name in RULES)


def _creation(inputs: Json, owner: str) -> Json:
    names = [name for name in (*TOP, *DETAILS) if name in inputs]
    return {
        **_body(inputs["type"], {name: inputs[name] for name in names}),
        "type": inputs["type"],
        "autoDeploy": "no",
        "envVars": [{"key": marks.SERVICE_OWNER, "value": owner}],
    }


def _body(kind: str, fields: Json) -> Json:
    """Our inputs as Render nests them."""
    details = {DETAILS[name]: value for name, value in fields.items() if name in DETAILS}
    if kind == "web_service":
        native = {DETAILS[n]: details.pop(DETAILS[n]) for n in NATIVE if DETAILS[n] in details}
        details |= {"envSpecificDetails": native} if native else {}
    body = {TOP[name]: value for name, value in fields.items() if name in TOP}
    return body | ({"serviceDetails": details} if details else {})


def _inputs(found: Json) -> Json:
    details = found.get("serviceDetails") or {}
    flat = {**details, **(details.get("envSpecificDetails") or {})}
    known = {name: found.get(field) for name, field in TOP.items()}
    known |= {name: flat.get(field) for name, field in DETAILS.items()}
    return {**known, "type": found["type"]}


def _outputs(found: Json, owner: str, revision: str) -> Json:
    url = (found.get("serviceDetails") or {}).get("url") or ""
    return {
        "id": found["id"],
        "url": url,
        "slug": found.get("slug", ""),
        "owner": owner,
        "revision": revision,
    }


class Service(Resource):
    """A Render service.

    render.Service("web", name="shop", type="static_site", repo=..., branch="main",
                   build_command="npm run build", publish_path="dist")
    """

    url: pulumi.Output[str]
    slug: pulumi.Output[str]
    revision: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ServiceInputs],
    ) -> None:
        super().__init__(ServiceController(), resource_name, inputs, opts)
