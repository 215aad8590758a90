import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.journal import NOT_EMULATED, Entry
from stackwright.sandbox.world import World, memory_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return memory_world(tmp_path)


async def _handle(request: Request) -> Response:
    asked = request.query_params
    if "write" in asked:
        request.state.write = asked["write"] == "yes"
    if "note" in asked:
        request.state.note = asked["note"]
    return Response(status_code=int(asked.get("status", "200")))


_APP = Starlette(routes=[Route("/{path:path}", _handle, methods=["GET", "POST"])])


def ask(world: World, method: str, url: str) -> Entry:
    async def call() -> None:
        transport = in_process(vendor_app(world, "render", _APP))
        async with httpx.AsyncClient(transport=transport, base_url="http://render") as client:
            await client.request(method, url, content=b"secret")

    asyncio.run(call())
    return world.journal.entries()[-1]


@pytest.mark.parametrize(
    ("method", "url", "write"),
    [
        ("GET", "/x", False),
        ("POST", "/x", True),
        ("POST", "/x?status=400", False),
        ("POST", "/x?write=no", False),
        ("GET", "/x?write=yes", True),
        ("GET", "/x?write=yes&status=500", False),
    ],
)
def test_an_entry_says_whether_something_was_written(
    world: World, method: str, url: str, write: bool
) -> None:
    assert ask(world, method, url).write is write


def test_an_entry_has_the_path_but_not_the_query(world: World) -> None:
    entry = ask(world, "POST", "/v1/things?key=secret")
    assert entry.as_dict() == {
        "number": 1,
        "time": world.clock.now(),
        "vendor": "render",
        "method": "POST",
        "path": "/v1/things",
        "status": 200,
        "write": True,
        "note": None,
    }


def test_what_is_not_emulated_is_said_loudly(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(world, "GET", f"/new?note={NOT_EMULATED}").note == NOT_EMULATED
    assert "NOT EMULATED by the sandbox: GET /new" in caplog.text


def test_a_mark_divides_before_from_after(world: World) -> None:
    assert world.journal.mark() == "0"
    ask(world, "GET", "/before")
    mark = world.journal.mark()
    ask(world, "GET", "/after")
    assert [entry.path for entry in world.journal.entries(since=mark)] == ["/after"]


def test_the_last_entries_can_be_asked_for(world: World) -> None:
    for path in ("/a", "/b", "/c"):
        ask(world, "GET", path)
    assert [entry.path for entry in world.journal.entries(last=2)] == ["/b", "/c"]
