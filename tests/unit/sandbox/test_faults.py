import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.faults import Fault
from stackwright.sandbox.world import World, memory_world


class Vendor:
    """Counts what it really did."""

    def __init__(self, tmp_path: Path) -> None:
        self.world: World = memory_world(tmp_path)
        self.done = 0
        routes = [Route("/{path:path}", self._handle, methods=["GET", "POST"])]
        self._app = Starlette(routes=routes)

    async def _handle(self, _request: Request) -> Response:
        self.done += 1
        return JSONResponse({"ok": True}, 201)

    def ask(self, method: str = "POST", path: str = "/x", vendor: str = "render") -> httpx.Response:
        async def call() -> httpx.Response:
            transport = in_process(vendor_app(self.world, vendor, self._app))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.request(method, path)

        return asyncio.run(call())


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    return Vendor(tmp_path)


def test_a_status_fault_answers_in_the_vendors_place_so_often(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("status", status=429, retry_after=2, times=2))
    answers = [vendor.ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert answers[0].headers["retry-after"] == "2"
    assert "message" in answers[0].json()
    assert vendor.done == 1


def test_a_stripe_fault_has_stripes_envelope(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("status", status=429))
    assert vendor.ask(vendor="stripe").json()["error"]["code"] == "rate_limit"


def test_a_lost_answer_was_processed_and_recorded(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("lost"))
    with pytest.raises(httpx.ReadError):
        vendor.ask()
    (entry,) = vendor.world.journal.entries()
    assert vendor.done == 1
    assert (entry.status, entry.write, entry.note) == (201, True, "fault: lost")


def test_a_reset_connection_did_nothing(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("reset"))
    with pytest.raises(httpx.ReadError):
        vendor.ask()
    (entry,) = vendor.world.journal.entries()
    assert vendor.done == 0
    assert (entry.status, entry.write, entry.note) == (0, False, "fault: reset")


@pytest.mark.parametrize(
    "rule",
    [{"vendor": "stripe"}, {"method": "GET"}, {"path": "^/y"}],
)
def test_a_fault_only_meets_what_it_is_about(vendor: Vendor, rule: dict[str, Any]) -> None:
    vendor.world.faults.add(Fault("status", **rule))
    assert vendor.ask().status_code == 201


def test_a_fault_may_let_requests_pass_first(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("status", skip=2))
    assert [vendor.ask().status_code for _ in range(4)] == [201, 201, 500, 201]


def test_a_fault_without_an_end_lasts_until_cleared(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("status", times=None))
    assert [vendor.ask().status_code for _ in range(3)] == [500] * 3
    vendor.world.faults.clear()
    assert vendor.ask().status_code == 201


def test_a_slow_answer_waits_on_the_sandboxs_clock(vendor: Vendor) -> None:
    vendor.world.faults.add(Fault("slow", delay=60))

    async def call() -> tuple[bool, int]:
        transport = in_process(vendor_app(vendor.world, "render", vendor._app))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            task = asyncio.create_task(client.post("/x"))
            for _ in range(20):
                await asyncio.sleep(0)
            waiting = not task.done()
            vendor.world.clock.advance(60)
            return waiting, (await task).status_code

    assert asyncio.run(call()) == (True, 201)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="one of status, reset, slow, lost"):
        Fault("odd")  # type: ignore[arg-type]
