"""Drives a Stripe stand-in through its HTTP interface, and receives its webhooks."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.keys import credentials
from stackwright.sandbox.stripe.routes import app
from stackwright.sandbox.world import World

Json = dict[str, Any]


def encode(params: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Stripe's form encoding, written for the tests alone."""
    if isinstance(params, dict):
        for key, value in params.items():
            yield from encode(value, f"{path}[{key}]" if path else key)
    elif isinstance(params, list):
        for index, value in enumerate(params):
            yield from encode(value, f"{path}[{index}]")
    else:
        yield path, json.dumps(params) if isinstance(params, bool) else str(params)


@dataclass
class Receiver:
    """An endpoint of the product: records what arrives and answers `status`."""

    status: int = 200
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, text="thanks")

    @property
    def events(self) -> list[Json]:
        return [json.loads(request.content) for request in self.requests]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


class Stripe:
    """The stand-in; `key` decides the mode, `version` the API version, as at Stripe."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.receiver = Receiver()
        self.deliverer = Deliverer(
            world, httpx.MockTransport(self.receiver), measure=iter(range(10_000)).__next__
        )
        self.app = app(world, self.deliverer)
        self.keys = credentials(world)
        self.key = self.keys["stripe_test_key"]
        self.version: str | None = None

    def send(self, method: str, path: str, params: Any = None, **headers: str) -> httpx.Response:
        """One request; `idempotency_key="x"` becomes the header `Idempotency-Key`."""
        return asyncio.run(self._send(method, path, params, headers))

    async def _send(
        self, method: str, path: str, params: Any, headers: dict[str, str]
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.version:
            named.setdefault("stripe-version", self.version)
        named.setdefault("authorization", f"Bearer {self.key}")
        transport = in_process(vendor_app(self.world, "stripe", self.app))
        pairs = list(encode(params or {}))
        async with httpx.AsyncClient(transport=transport, base_url="http://stripe") as client:
            if method == "GET":
                return await client.get(path, params=dict(pairs), headers=named)
            return await client.request(method, path, data=dict(pairs), headers=named)

    def post(self, path: str, params: Any = None, **headers: str) -> Json:
        return self._ok(self.send("POST", path, params, **headers))

    def get(self, path: str, params: Any = None) -> Json:
        return self._ok(self.send("GET", path, params))

    def delete(self, path: str, params: Any = None) -> Json:
        return self._ok(self.send("DELETE", path, params))

    def refused(self, method: str, path: str, params: Any = None) -> Json:
        """The error of a request that must fail, with `status` beside its fields."""
        response = self.send(method, path, params)
        assert response.status_code >= 400, response.text
        error: Json = response.json()["error"]
        return {"status": response.status_code, **error}

    def deliver(self) -> int:
        """Attempt every delivery that is due."""
        return asyncio.run(self.deliverer.deliver_due())

    @staticmethod
    def _ok(response: httpx.Response) -> Json:
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer
