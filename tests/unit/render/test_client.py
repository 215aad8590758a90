"""Render's client: one workspace, pages, whole sets, and deploys without an id."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from stackwright.clock import ManualClock
from stackwright.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PaymentRequired,
    RateLimited,
    Unauthorized,
    UserInput,
    VendorError,
    WriteInPreview,
)
from stackwright.render.client import PAGE, QUEUE_POLLS, RenderClient, RenderReader, is_suspended
from stackwright.render.rules import bucket
from tests.unit.http.network import Answer, Network, ok

SERVICE = {"id": "srv-1", "name": "web", "suspended": "not_suspended"}


def client(*answers: Answer) -> tuple[RenderClient, Network]:
    network = Network(*answers)
    made = RenderClient(
        "rnd_key",
        "tea-1",
        "https://render.test/v1",
        transport=network,
        clock=ManualClock(),
        random=lambda: 0.5,
    )
    return made, network


def run(answer: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await answer

    return asyncio.run(wait())


def items(thing: str, *found: dict[str, Any]) -> httpx.Response:
    return ok([{thing: one, "cursor": f"c{index}"} for index, one in enumerate(found)])


def deploy(number: int, status: str = "live") -> dict[str, str]:
    return {"id": f"dep-{number}", "status": status, "createdAt": f"2026-01-01T00:00:0{number}Z"}


class Preview(RenderClient):
    """Writes over the transport of a preview."""

    writable = False


READS: dict[str, Callable[[RenderReader], Awaitable[Any]]] = {
    "owners": lambda c: c.owners(),
    "identity": lambda c: c.identity(),
    "service": lambda c: c.service("srv-1"),
    "services": lambda c: c.services(),
    "service_by_name": lambda c: c.service_by_name("web"),
    "env_vars": lambda c: c.env_vars("srv-1"),
    "headers": lambda c: c.headers("srv-1"),
    "routes": lambda c: c.routes("srv-1"),
    "deploy": lambda c: c.deploy("srv-1", "dep-1"),
    "deploys": lambda c: c.deploys("srv-1"),
    "logs": lambda c: c.logs("srv-1"),
    "deploy_log": lambda c: c.deploy_log("srv-1", deploy(1, "build_failed")),
}
WRITES: dict[str, Callable[[RenderClient], Awaitable[Any]]] = {
    "create_service": lambda c: c.create_service({}),
    "update_service": lambda c: c.update_service("srv-1", {}),
    "delete_service": lambda c: c.delete_service("srv-1"),
    "put_env_vars": lambda c: c.put_env_vars("srv-1", {}),
    "put_env_var": lambda c: c.put_env_var("srv-1", "A", "1"),
    "delete_env_var": lambda c: c.delete_env_var("srv-1", "A"),
    "put_headers": lambda c: c.put_headers("srv-1", []),
    "put_routes": lambda c: c.put_routes("srv-1", []),
    "create_deploy": lambda c: c.create_deploy("srv-1"),
    "cancel_deploy": lambda c: c.cancel_deploy("srv-1", "dep-1"),
    "suspend_service": lambda c: c.suspend_service("srv-1"),
    "resume_service": lambda c: c.resume_service("srv-1"),
}


def coroutines(kind: type) -> set[str]:
    names = {name for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction)}
    return {name for name in names if not name.startswith("_")} - {"aclose"}


def test_every_method_is_listed_as_a_read_or_a_write() -> None:
    assert coroutines(RenderReader) == set(READS)
    assert coroutines(RenderClient) - coroutines(RenderReader) == set(WRITES)


@pytest.mark.parametrize("name", READS)
def test_a_preview_can_read(name: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/owners"):
            return items("owner", {"id": "tea-1", "name": "Me"})
        return ok({"logs": []}) if request.url.path.endswith("/logs") else ok([])

    network = Network(*[answer] * 2)
    reader = RenderReader("rnd_key", "tea-1", "https://render.test/v1", transport=network)
    run(READS[name](reader))
    assert network.requests


@pytest.mark.parametrize("name", WRITES)
def test_a_preview_cannot_write(name: str) -> None:
    network = Network(*[ok([])] * 2)
    with pytest.raises(WriteInPreview):
        run(WRITES[name](Preview("rnd_key", "tea-1", "https://render.test/v1", transport=network)))
    assert {request.method for request in network.requests} <= {"GET"}


def test_the_identity_is_the_workspace() -> None:
    render, _ = client(items("owner", {"id": "tea-0", "name": "A"}, {"id": "tea-1", "name": "B"}))
    assert run(render.identity()) == "tea-1"


def test_a_workspace_that_the_key_cannot_see_is_named_with_those_it_can() -> None:
    render, _ = client(items("owner", {"id": "tea-0", "name": "A"}))
    with pytest.raises(UserInput, match=r"RENDER_OWNER_ID=tea-1. It sees: tea-0 \(A\)"):
        run(render.identity())


def test_services_are_asked_for_in_the_workspace_without_previews() -> None:
    render, network = client(items("service", {**SERVICE, "name": "web-2"}, SERVICE))
    assert run(render.service_by_name("web")) == SERVICE
    asked = dict(network.query())
    assert asked == {
        "limit": "100",
        "ownerId": "tea-1",
        "includePreviews": "false",
        "name": "web",
    }


def test_a_name_that_only_resembles_is_not_taken() -> None:
    render, _ = client(items("service", {**SERVICE, "name": "web-2"}))
    assert run(render.service_by_name("web")) is None


def test_every_page_is_read() -> None:
    full = items("envVar", *({"key": f"K{number}", "value": "v"} for number in range(PAGE)))
    render, network = client(full, items("envVar", {"key": "LAST", "value": "v"}))
    assert len(run(render.env_vars("srv-1"))) == PAGE + 1
    assert dict(network.query(1))["cursor"] == f"c{PAGE - 1}"


def test_a_list_that_is_null_is_empty() -> None:
    render, _ = client(ok(None), httpx.Response(200, text="null"))
    assert run(render.headers("srv-1")) == []
    assert run(render.env_vars("srv-1")) == {}


def test_routes_come_in_their_order() -> None:
    render, _ = client(items("route", {"priority": 1}, {"priority": 0}))
    assert [route["priority"] for route in run(render.routes("srv-1"))] == [0, 1]


def test_a_service_is_created_in_the_workspace() -> None:
    render, network = client(ok({"service": SERVICE, "deployId": "dep-1"}, 201))
    assert run(render.create_service({"name": "web"}))["deployId"] == "dep-1"
    assert network.json() == {"name": "web", "ownerId": "tea-1"}


@pytest.mark.parametrize("lost", [httpx.ReadError("reset"), ok({"message": "oops"}, 502)])
def test_a_service_whose_creation_is_unknown_is_not_created_twice(lost: Answer) -> None:
    render, network = client(lost)
    with pytest.raises(Ambiguous):
        run(render.create_service({"name": "web"}))
    assert network.asked == ["POST /v1/services"]


def test_env_vars_are_replaced_as_a_whole() -> None:
    render, network = client(ok([]))
    run(render.put_env_vars("srv-1", {"A": "1", "B": "2"}))
    assert network.json() == [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]


def test_a_refused_value_is_not_repeated() -> None:
    render, _ = client(ok({"message": "bad value hunter22"}, 400))
    with pytest.raises(Invalid) as caught:
        run(render.put_env_var("srv-1", "A", "hunter22"))
    assert "hunter22" not in str(caught.value)


def test_deploys_come_newest_first_and_by_status() -> None:
    render, network = client(items("deploy", deploy(1), deploy(3), deploy(2)))
    found = run(render.deploys("srv-1", ["queued", "created"], limit=5))
    assert [one["id"] for one in found] == ["dep-3", "dep-2", "dep-1"]
    assert network.query() == [("limit", "5"), ("status", "created"), ("status", "queued")]


def test_a_deploy_that_starts_has_an_id() -> None:
    render, network = client(ok([]), ok(deploy(1, "created"), 201))
    assert run(render.create_deploy("srv-1", {"commitId": "abc"}))["id"] == "dep-1"
    assert network.json() == {"commitId": "abc"}


def test_a_deploy_that_is_only_accepted_is_found_in_the_list() -> None:
    before, after = items("deploy", deploy(1)), items("deploy", deploy(1), deploy(2, "queued"))
    render, _ = client(before, httpx.Response(202), before, after)
    assert run(render.create_deploy("srv-1"))["id"] == "dep-2"


def test_a_deploy_that_is_no_longer_queued_when_we_look_is_found_all_the_same() -> None:
    after = items("deploy", deploy(1), deploy(2, "build_in_progress"))
    render, _ = client(items("deploy", deploy(1)), httpx.Response(202), after)
    assert run(render.create_deploy("srv-1"))["id"] == "dep-2"


def test_a_deploy_folded_into_one_that_waits_is_that_one() -> None:
    waiting = items("deploy", deploy(1), deploy(2, "queued"))
    render, _ = client(waiting, httpx.Response(202), *[waiting] * QUEUE_POLLS)
    assert run(render.create_deploy("srv-1"))["id"] == "dep-2"


def test_an_accepted_deploy_that_never_appears_is_an_error() -> None:
    nothing = items("deploy", deploy(1))
    render, _ = client(nothing, httpx.Response(202), *[nothing] * QUEUE_POLLS)
    with pytest.raises(VendorError, match="never appeared"):
        run(render.create_deploy("srv-1"))


@pytest.mark.parametrize(("status", "kind"), [("build_failed", "build"), ("update_failed", "app")])
def test_a_failed_deploy_is_explained_by_the_right_log(status: str, kind: str) -> None:
    lines = [{"timestamp": "2", "message": "second"}, {"timestamp": "1", "message": "first"}]
    render, network = client(ok({"logs": lines}))
    failed = {**deploy(1, status), "finishedAt": "2026-01-01T00:01:00Z"}
    assert run(render.deploy_log("srv-1", failed)) == ["first", "second"]
    asked = dict(network.query())
    assert asked["type"] == kind
    assert asked["resource"] == "srv-1"
    assert asked["startTime"] == failed["createdAt"]
    assert asked["endTime"] == failed["finishedAt"]


def test_what_is_gone_is_none_and_deleted() -> None:
    gone = [ok({"message": "not found"}, status) for status in (404, 410)]
    render, _ = client(*gone, *gone)
    assert run(render.service("srv-1")) is None
    assert run(render.deploy("srv-1", "dep-1")) is None
    assert run(render.delete_service("srv-1")) is False
    assert run(render.delete_env_var("srv-1", "A")) is False


def test_suspension_is_a_word() -> None:
    assert is_suspended({"suspended": "suspended"})
    assert not is_suspended(SERVICE)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Invalid, "bad"),
        (401, Unauthorized, "RENDER_API_KEY"),
        (402, PaymentRequired, "payment method"),
        (403, Forbidden, "RENDER_OWNER_ID"),
        (404, NotFound, "RENDER_OWNER_ID"),
        (406, Invalid, "RENDER_HOST"),
        (409, Conflict, "import it"),
        (429, RateLimited, "Run it again in 58 min"),
    ],
)
def test_errors_have_a_name_and_advice(status: int, kind: type[VendorError], words: str) -> None:
    answer = ok({"message": "bad"}, status, Ratelimit_Remaining="0", Ratelimit_Reset="3494")
    render, _ = client(answer)
    with pytest.raises(kind, match=words) as caught:
        run(render.create_service({}))
    assert "Render POST /services" in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '"words"'])
def test_an_error_in_another_shape_is_still_an_error(body: str) -> None:
    render, _ = client(httpx.Response(400, text=body))
    with pytest.raises(Invalid, match="400: Bad Request"):
        run(render.owners())


def test_requests_are_counted_as_render_counts_them() -> None:
    buckets = [
        {("GET", "/services"), ("GET", "/services/srv-1/env-vars")},
        {("GET", "/logs")},
        {("POST", "/services")},
        {("PATCH", "/services/srv-1"), ("POST", "/services/srv-1/deploys")},
        {("PATCH", "/services/srv-2"), ("POST", "/services/srv-2/suspend")},
        {("PUT", "/services/srv-1/env-vars"), ("DELETE", "/services/srv-1")},
    ]
    names = [{bucket(operation) for operation in one} for one in buckets]
    assert all(len(one) == 1 for one in names)
    assert len(set.union(*names)) == len(buckets)
