"""A request that must be answered as expected before the rollout goes on.

A probe is a gate: while the answer is wrong it keeps trying, for as long as `patience` allows, and
then it fails without being lost - the next `up` probes again. It runs again when `revisions`
change. Removing does nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Unpack

import httpx
import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright.context import Reading, Writing
from stackwright.probes import request
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, default, doc, fresh, replaces, secret, undiffed
from stackwright.values import Json

Url = Annotated[str, Field(pattern="^https?://[^/]")]
Method = Literal["GET", "POST", "HEAD", "OPTIONS"]


class HttpInputs(TypedDict):
    """The request, and the answer that is expected."""

    url: Input[Annotated[Url, replaces, doc("What is asked.")]]
    method: NotRequired[Input[Annotated[Method, default("GET"), doc("How it is asked.")]]]
    headers: NotRequired[
        Input[Annotated[Mapping[str, Input[str]], secret, doc("Sent with it; kept secret.")]]
    ]
    body: NotRequired[Input[Annotated[str, doc("Sent as it stands.")]]]
    status: NotRequired[Input[Annotated[int, default(200), doc("The expected status.")]]]
    contains: NotRequired[Input[Annotated[str, doc("A text that the answer must contain.")]]]
    patience: NotRequired[
        Input[Annotated[float, default(60.0), undiffed, doc("Seconds until it gives up.")]]
    ]
    revisions: NotRequired[
        Input[Annotated[Mapping[str, Input[str]], doc("Probe again when one of these changes.")]]
    ]


class HttpOutputs(TypedDict):
    """How long the answer took, in seconds."""

    seconds: Annotated[float, fresh]


class HttpController(Controller):
    """Asks until the answer is right. GET by default: a probe should change nothing."""

    token = "stackwright:probes:Http"
    inputs = HttpInputs
    outputs = HttpOutputs

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        if "body" in inputs and inputs.get("method") == "GET":
            yield Problem("body", 'a GET has no body; set method="POST"')

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        return Observed({}, {"id": state["id"]})

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        wanted = httpx.Request(
            inputs["method"],
            inputs["url"],
            headers=inputs.get("headers"),
            content=inputs.get("body"),
        )
        seconds = await request.expect(
            context,
            lambda: wanted,
            request.Expectation(
                inputs["status"], inputs.get("contains", ""), inputs.get("headers", {}).values()
            ),
            inputs["patience"],
        )
        return {"id": request.place(inputs["url"]), "seconds": seconds}

    async def remove(self, context: Writing, state: Json) -> None:
        return None


class Http(Resource):
    """A request that must be answered as expected.

    probes.Http("home", url=service.url, contains="Welcome", revisions={"d": deploy.deploy_id})
    """

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[HttpInputs],
    ) -> None:
        super().__init__(HttpController(), resource_name, inputs, opts)
