"""A deploy of a Render service, and the wait until it is live.

Vendor page: https://api-docs.render.com/reference/create-deploy. A deploy is made when a revision
or the commit changes. One that already carries the same revisions is not made again: it is waited
for while it runs. One that failed keeps its id in state, and the next `up` starts another.
Removing does nothing: what is live stays live.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright.context import Reading, Writing
from stackwright.errors import Ambiguous, Refused, scrub
from stackwright.render import public_variables, revision
from stackwright.render.client import is_suspended
from stackwright.resource import Controller, Observed, Resource, Unfinished
from stackwright.schema import Input, doc, fresh, replaces
from stackwright.values import Json

RUNNING = frozenset(
    {"created", "queued", "build_in_progress", "pre_deploy_in_progress", "update_in_progress"}
)
DONE = frozenset({"live", "deactivated"})
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
STATUS_EVERY = 10.0
LONGEST_WAIT = 3 * 3600.0  # two hours of build, half an hour of pre-deploy, and the start
LOG_LINES = 15


class DeployInputs(TypedDict):
    """What has to be live."""

    service: Input[Annotated[str, replaces, doc("The service's id.")]]
    revisions: Input[
        Annotated[Mapping[str, Input[str]], doc("`revision` outputs that it must carry.")]
    ]
    commit: NotRequired[
        Input[Annotated[str | None, doc("A commit instead of the branch's newest.")]]
    ]


class DeployOutputs(TypedDict):
    """`deploy_id` is the deploy that carries the revisions; `made_for` tells which."""

    deploy_id: Annotated[str, fresh]
    status: Annotated[str, fresh]
    made_for: Annotated[str, fresh]


class DeployController(Controller):
    """Makes at most one deploy a change, and waits for it."""

    token = "stackwright:render:Deploy"
    inputs = DeployInputs
    outputs = DeployOutputs
    vendor = "render"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the deploy of Render service {inputs['service']}"

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        if await context.render.service(state["id"]) is None:
            return None
        return Observed({"service": state["id"]}, {"id": state["id"]})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        service = await context.render.service(inputs["service"])
        if service is None:
            raise Refused(f"Render service {inputs['service']} is gone. Run `pulumi up --refresh`.")
        outputs: Json = {"id": service["id"], "made_for": _made_for(inputs)}
        if is_suspended(service):
            await context.warn(f"{service['name']} is suspended: updated without a deploy")
            return {**outputs, "deploy_id": "", "status": "suspended"}
        deploy = await self._present(context, inputs, state or {}) or await self._start(
            context, inputs
        )
        context.made({**outputs, "deploy_id": deploy["id"], "status": deploy["status"]})
        deploy = await self._wait(context, service["id"], deploy)
        outputs |= {"deploy_id": deploy["id"], "status": deploy["status"]}
        if deploy["status"] in RUNNING:
            raise Unfinished(outputs, self._overdue(service, deploy))
        if deploy["status"] not in DONE:
            raise Unfinished(outputs, await self._failure(context, service, deploy))
        return {**outputs, "status": "live"}

    async def remove(self, context: Writing, state: Json) -> None:
        return None

    async def _present(self, context: Writing, inputs: Json, state: Json) -> Json | None:
        """A deploy that carries all of this already: from state, or of a run that was killed."""
        service, known = inputs["service"], state.get("deploy_id")
        if known and state.get("made_for") == _made_for(inputs):
            found = await context.render.deploy(service, known)
            return found if found and found["status"] in RUNNING | DONE else None
        before = {revision.deploy_of(text) for text in inputs["revisions"].values()}
        listed = await context.render.deploys(service)
        for deploy in _newer(listed, before | ({known} if known else set())):
            commit = (deploy.get("commit") or {}).get("id", "")
            if deploy["status"] in RUNNING | {"live"} and commit.startswith(
                inputs.get("commit", "")
            ):
                return deploy
        return None

    async def _start(self, context: Writing, inputs: Json) -> Json:
        body = {"commitId": inputs["commit"]} if "commit" in inputs else {}
        try:
            return await context.render.create_deploy(inputs["service"], body)
        except Ambiguous:
            found = await self._present(context, inputs, {})
            if found is None:
                raise
            return found

    async def _wait(self, context: Writing, service: str, deploy: Json) -> Json:
        """Poll, more and more slowly, until the deploy has ended."""
        started, told, pause = context.clock.now(), 0.0, FIRST_PAUSE
        while deploy["status"] in RUNNING:
            waited = context.clock.now() - started
            if waited > (context.timeout or LONGEST_WAIT):
                break
            if waited - told >= STATUS_EVERY:
                told = waited
                await context.status(f"deploy {deploy['status']} for {waited:.0f} s")
            await context.clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
            deploy = await context.render.deploy(service, deploy["id"]) or {
                **deploy,
                "status": "canceled",
            }
        return deploy

    async def _failure(self, context: Writing, service: Json, deploy: Json) -> str:
        """What happened, with the end of the log; values of private variables are taken out."""
        lines = await context.render.deploy_log(service["id"], deploy, LOG_LINES)
        variables = await context.render.env_vars(service["id"])
        private = [v for k, v in variables.items() if not public_variables.is_public(k)]
        log = scrub("\n".join(lines), private)
        advice = "Mend it and run `pulumi up` again; what was live before is still live."
        text = f"deploy {deploy['id']} of {service['name']} ended as {deploy['status']}. {advice}"
        return f"{text}\n{log}" if log else text

    def _overdue(self, service: Json, deploy: Json) -> str:
        return (
            f"deploy {deploy['id']} of {service['name']} is still {deploy['status']}. "
            "Run `pulumi up` again to go on waiting for it."
        )


def _newer(listed: list[Json], before: set[str]) -> list[Json]:
    """The deploys (newest first) that were started after every one in `before`.

    None of them when one of those cannot be found: another deploy too many does no harm.
    """
    known = before - {revision.NONE}
    positions = [place for place, deploy in enumerate(listed) if deploy["id"] in known]
    if not known:
        return listed
    return listed[: positions[0]] if positions else []


def _made_for(inputs: Json) -> str:
    content = json.dumps([inputs["revisions"], inputs.get("commit")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


class Deploy(Resource):
    """A deploy that is live when it is done.

    render.Deploy("deploy", service=service.id, revisions={"env": env_vars.revision})
    """

    deploy_id: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[DeployInputs],
    ) -> None:
        super().__init__(DeployController(), resource_name, inputs, opts)
