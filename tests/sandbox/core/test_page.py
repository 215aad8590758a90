import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.sandbox.control import app
from stackwright.sandbox.page_parts import secret_values
from stackwright.sandbox.world import World, memory_world


class Holder:
    """A sandbox that only has a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def status(self) -> dict[str, Any]:
        return {}

    async def reset(self, scenario_name: str, *, keep_identity: bool = False) -> None:
        raise NotImplementedError

    async def snapshot(self, name: str) -> None:
        raise NotImplementedError

    async def restore(self, name: str) -> None:
        raise NotImplementedError


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = memory_world(tmp_path)
    world.urls = {name: f"http://127.0.0.1/{name}" for name in ("page", "render", "gateway")}
    return world


def open_page(world: World, path: str = "/") -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app(Holder(world)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(call())


def fill(world: World) -> None:
    put = world.store.put
    details = {"url": "http://127.0.0.1:1234"}
    service = {"id": "srv-1", "name": "<web>", "type": "static_site", "serviceDetails": details}
    put("render.service", "srv-1", service)
    put("render.deploy", "dep-1", {"id": "dep-1", "service": "srv-1", "status": "live"})
    put("render.env_vars", "srv-1", {"items": {"API_TOKEN": "env-value-1234"}})
    put("supabase.secret", "ref/KEY", {"ref": "ref", "name": "KEY", "value": "secret-value-1234"})
    put(
        "supabase.function",
        "ref/ping",
        {"ref": "ref", "slug": "ping", "version": 3, "name": "ping"},
    )
    endpoint = {"url": "http://127.0.0.1/hook", "status": "enabled", "enabled_events": ["a.b"]}
    put(
        "stripe.webhook_endpoint", "we_1", {**endpoint, "livemode": False, "secret": "whsec_abcdef"}
    )
    price = {"id": "price_1", "product": "prod_1", "unit_amount": 9900, "currency": "usd"}
    put("stripe.product", "prod_1", {"id": "prod_1", "name": "Accelerator", "active": True})
    put("stripe.price", "price_1", {**price, "active": True, "recurring": {"interval": "month"}})
    attempt = {"time": 0, "status": 200}
    delivery = {"id": "d-1", "type": "a.b", "url": "http://x", "status": "succeeded"}
    put("stripe.delivery", "d-1", {**delivery, "attempts": [attempt]})


def test_an_empty_sandbox_has_a_page(world: World) -> None:
    answer = open_page(world)
    assert answer.status_code == 200
    assert "none yet" in answer.text


def test_the_page_shows_what_exists(world: World) -> None:
    fill(world)
    world.journal.record("render", "POST", "/v1/services", 201, write=True)
    text = open_page(world).text
    for word in (
        "dep-1 live", "API_TOKEN", "KEY", "version 3", "http://127.0.0.1/hook", "99.00 USD / month",
        "Accelerator", "resend", "POST /v1/services",
    ):  # fmt: skip
        assert word in text


def test_what_vendors_hold_cannot_become_html(world: World) -> None:
    fill(world)
    text = open_page(world).text
    assert "<web>" not in text
    assert "&lt;web&gt;" in text


def test_no_secret_is_on_the_page(world: World) -> None:
    fill(world)
    text = open_page(world).text
    secrets = [*secret_values(world), "env-value-1234"]
    assert {"secret-value-1234", "whsec_abcdef"} <= set(secrets)
    assert [secret for secret in secrets if secret in text] == []


def test_logs_are_shown_without_the_secrets_that_the_sandbox_knows(world: World) -> None:
    fill(world)
    world.processes.log("function ref ping").write_text("key is secret-value-1234 <b>")
    text = open_page(world, "/functions/ref/ping/logs").text
    assert "key is ... &lt;b&gt;" in text
    assert open_page(world, "/functions/ref/other/logs").status_code == 404
