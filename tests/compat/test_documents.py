"""The vendors' OpenAPI documents judge the stand-ins, with requests that schemathesis makes up.

`documents/` holds extracts: the operations that the sandbox answers, without descriptions and
without answers of a broken server, so that no 5xx passes. The requests are the same in each run:
half of them follow the document and half break it. Each must be answered with a documented status
and a body of the documented shape, and a body that breaks the document must be refused.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import UndefinedStatusCode

from stackwright.sandbox.render.limits import DEFAULTS
from stackwright.sandbox.supabase import projects
from stackwright.sandbox.world import memory_world
from tests.sandbox.render import helpers as render
from tests.sandbox.supabase import helpers as supabase

DOCUMENTS = Path(__file__).with_name("documents")
EXAMPLES = 8  # of each mode and operation
CONFORMANCE = [
    "not_a_server_error",
    "status_code_conformance",
    "response_schema_conformance",
    "content_type_conformance",
]
# Neither document has a 400 at every operation, and Supabase's has no 404; the recordings do.
REFUSALS = {400, 404}
# Recorded: a set that was emptied is answered by null, whatever the document says.
EMPTIED = {"PUT /services/{serviceId}/headers", "PUT /services/{serviceId}/routes"}
# The words of its refusals are zod's, which drops unknown fields where others refuse them.
DROPPING = {"POST /v1/projects/{ref}/secrets"}
REMOVING = {"DELETE /services/{serviceId}", "DELETE /v1/projects/{ref}"}

Request = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]

load_all_checks()


@dataclass
class Verdict:
    """What a document says about the answers."""

    seen: dict[str, set[int]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def judge(self, case: Request, answer: httpx.Response) -> None:
        """Check one answer; the first of each kind of failure is kept, with its request."""
        self.seen.setdefault(case.operation.label, set()).add(answer.status_code)
        names = list(CONFORMANCE)
        if breaks_body(case):
            names.append("negative_data_rejection")
        try:
            case.validate_response(answer, checks=CHECKS.get_by_names(names))  # type: ignore[arg-type]
        except FailureGroup as group:
            for failure in group.exceptions:
                if not is_known(failure, case, answer):
                    kind = f"{case.operation.label} {answer.status_code} {failure}"
                    self.wrong.setdefault(kind, f"{case.as_curl_command()}: {answer.text}")


def is_known(failure: Exception, case: Request, answer: httpx.Response) -> bool:
    """Whether the stand-in rightly differs from the document."""
    if case.operation.label in EMPTIED and answer.text == "null":
        return True
    if case.operation.path.startswith("/services") and ": null" in json.dumps(
        case.body, default=str
    ):
        return True  # Render's decoder takes null for "not given"
    if case.operation.label in DROPPING and "`additionalProperties`" in str(failure):
        return True
    return isinstance(failure, UndefinedStatusCode) and answer.status_code in REFUSALS


def breaks_body(case: Request) -> bool:
    """Whether the body breaks the document; wrong filters of lists are often just not read."""
    body = case.meta and case.meta.components.get(ParameterLocation.BODY)
    return bool(body and body.mode is GenerationMode.NEGATIVE)


def document(name: str) -> Any:
    """A vendor's document, whose request bodies take no fields beside the described ones."""
    text = json.loads((DOCUMENTS / name).read_text())
    for path in text["paths"].values():
        for operation in path.values():
            _close(operation.get("requestBody"), text)
    return schemathesis.openapi.from_dict(text)


def _close(part: Any, text: Any) -> None:
    """Both vendors refuse unknown fields; the documents leave that out. `allOf` stays open."""
    if isinstance(part, list):
        for item in part:
            _close(item, text)
    if not isinstance(part, dict) or "allOf" in part:
        return
    if "$ref" in part:
        _close(text["components"]["schemas"][part["$ref"].rpartition("/")[2]], text)
    if "properties" in part:
        part.setdefault("additionalProperties", False)
    for value in part.values():
        _close(value, text)


def cases(operation: Operation, mode: GenerationMode, ids: dict[str, str]) -> Iterator[Request]:
    """Requests that follow the document or break it; ids in the path are of what exists."""
    made: list[Request] = []
    names = {parameter.name for parameter in operation.path_parameters}
    known = {name: value for name, value in ids.items() if name in names}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode, path_parameters=known or None))
    def generate(case: Request) -> None:
        made.append(case)

    try:
        generate()
    except Unsatisfiable:  # an operation that takes nothing can be asked in one way only
        return
    yield from made


def fill(case: Request, ids: dict[str, str]) -> None:
    """Name what exists where the request names something, so that it can succeed."""
    for part in (case.query, case.body):
        if isinstance(part, dict):
            part.update({name: value for name, value in ids.items() if name in part})


async def send(client: httpx.AsyncClient, case: Request) -> httpx.Response:
    """Send a request as `requests` would write it."""
    given = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
    raw: Any = requests.Request(**given).prepare()
    return await client.request(raw.method, raw.url, headers=dict(raw.headers), content=raw.body)


async def verdict(client: httpx.AsyncClient, name: str, ids: dict[str, str]) -> Verdict:
    """All operations of a document but those that remove what the others need."""
    found = Verdict()
    for result in document(name).get_all_operations():
        operation = result.ok()
        if operation.label in REMOVING:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for case in cases(operation, mode, ids):
                if mode is GenerationMode.POSITIVE:
                    fill(case, ids)
                found.judge(case, await send(client, case))
    return found


def test_render_is_as_its_document_says(tmp_path: Path) -> None:
    async def test() -> Verdict:
        world = memory_world(tmp_path / "sandbox")
        world.set_setting("render.limits", {name: [10**6, 60] for name in DEFAULTS})
        async with render.running(world) as api:
            repo = render.repository(tmp_path / "repo", {"index.html": "hello"})
            site = await api.create(render.static_site(api.owner, repo))
            [deploy] = await api.deploys(site)
            ids = {
                "serviceId": site["id"],
                "deployId": deploy["id"],
                "ownerId": api.owner,
                "resource": site["id"],
                "envVarKey": "KEY",
            }
            found = await verdict(api.client, "render.json", ids)
        world.close()
        return found

    assert asyncio.run(test()).wrong == {}


def test_supabase_is_as_its_document_says(tmp_path: Path) -> None:
    found: list[Verdict] = []

    async def test(sandbox: supabase.Sandbox) -> None:
        sandbox.world.set_setting("supabase.rate_limit", 10**6)
        await sandbox.deploy()
        slug = projects.organization_slug(sandbox.world)
        ids = {"ref": supabase.REF, "function_slug": "hello", "slug": slug, "query": "select 1"}
        found.append(await verdict(sandbox.api, "supabase.json", ids))

    supabase.in_sandbox(tmp_path, test, database=True)
    assert found[0].wrong == {}
