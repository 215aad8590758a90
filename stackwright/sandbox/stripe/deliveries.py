"""Deliveries: every event goes to every endpoint that listens, signed as Stripe signs, with
retries on the sandbox's clock. Kept in the store, so that a restart goes on with them.

A delivery is `{id, event, endpoint, livemode, status, next_attempt, attempts: [{time, status,
seconds, error, body}]}`; `status` is pending, succeeded or failed. Only loopback addresses are
called: nothing leaves this machine.
Source: https://docs.stripe.com/webhooks (signatures, retries).
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from stackwright.sandbox.clock import woken
from stackwright.sandbox.stripe import versions
from stackwright.sandbox.stripe.mode import Mode, Object
from stackwright.sandbox.stripe.views import view
from stackwright.sandbox.stripe.webhook_endpoints import is_loopback
from stackwright.sandbox.world import World

log = logging.getLogger(__name__)

KIND = "stripe.delivery"
PAUSES = (2, 10, 60, 600, 3600)
"""Seconds before the second, third ... attempt. Stripe's own take hours to days."""
TIMEOUT = 20.0
CONCURRENT = 8
_KEPT_BODY = 2000


def queue(mode: Mode, event: Object, endpoint: Object) -> Object:
    """Note that an event is to be sent to an endpoint, at once: no test clock holds that up."""
    now = int(mode.world.clock.now())
    delivery = {
        "id": f"delivery-{mode.world.store.counter(KIND)}",
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint["id"],
        "url": endpoint["url"],
        "livemode": mode.live,
        "status": "pending",
        "created": now,
        "next_attempt": now,
        "attempts": [],
    }
    mode.world.store.put(KIND, delivery["id"], delivery)
    return delivery


def resend(world: World, name: str) -> Object | None:
    """Send a delivery again at once, whatever became of it; None when there is no such one.
    Wake the app's `Deliverer` afterwards."""
    delivery = world.store.get(KIND, name)
    if delivery is None:
        return None
    if delivery["status"] == "succeeded":
        _count_pending(world, delivery, +1)
    delivery |= {"status": "pending", "next_attempt": int(world.clock.now())}
    world.store.put(KIND, name, delivery)
    return delivery


def sign(secret: str, body: bytes, moment: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over `{t}.{body}` with the whole secret."""
    signed = f"{moment}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Deliverer:
    """Sends what is due, and waits for what will be.

    `transport` and `measure` (seconds that never go back) are parameters for tests.
    """

    def __init__(
        self,
        world: World,
        transport: httpx.AsyncBaseTransport | None = None,
        measure: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world = world
        self._measure = measure
        self._work = asyncio.Event()
        self._places = asyncio.Semaphore(CONCURRENT)
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._client = httpx.AsyncClient(
            transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False
        )

    def wake(self) -> None:
        """Say that something may be due."""
        self._work.set()

    async def run(self) -> None:
        """Deliver until cancelled. A slow endpoint holds up nobody else."""
        try:
            while True:
                self._work.clear()
                self._start_due()
                await self._wait()
        finally:
            flying = list(self._flying.values())
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
            await self._client.aclose()

    async def deliver_due(self) -> int:
        """Attempt everything that is due now and wait for the outcome; the number of attempts."""
        tasks = self._start_due()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    def _start_due(self) -> list[asyncio.Task[None]]:
        now = self._world.clock.now()
        started = []
        for delivery in self._pending():
            if delivery["next_attempt"] <= now:
                task = asyncio.create_task(self._attempt(delivery))
                self._flying[delivery["id"]] = task
                task.add_done_callback(partial(self._landed, delivery["id"]))
                started.append(task)
        return started

    def _landed(self, name: str, task: asyncio.Task[None]) -> None:
        """A mistake of ours must not be repeated for ever."""
        del self._flying[name]
        if not task.cancelled() and (mistake := task.exception()) is not None:
            log.error("webhook delivery %s broke: %s", name, mistake, exc_info=mistake)
            delivery = self._world.store.get(KIND, name)
            if delivery is not None:
                failed = {**delivery, "status": "failed", "next_attempt": None}
                self._world.store.put(KIND, name, failed)
        self.wake()

    def _pending(self) -> list[Object]:
        """What is to be sent, apart from what is being sent."""
        pending = self._world.store.find(KIND, status="pending")
        return [delivery for delivery in pending if delivery["id"] not in self._flying]

    async def _wait(self) -> None:
        """Until `wake`, or until the next attempt is due."""
        clock, moments = self._world.clock, [item["next_attempt"] for item in self._pending()]
        pause = max(0.0, min(moments) - clock.now()) if moments else None
        await woken(self._work, clock, pause)

    async def _attempt(self, delivery: Object) -> None:
        mode = Mode(self._world, delivery["livemode"])
        endpoint = mode.find("webhook_endpoint", delivery["endpoint"])
        event = mode.find("event", delivery["event"])
        if endpoint is None or event is None:
            self._world.store.delete(KIND, delivery["id"])
            return
        async with self._places:
            began = self._measure()
            outcome = await self._post(mode, event, endpoint)
        outcome |= {"time": mode.now(), "seconds": round(self._measure() - began, 4)}
        self._record(delivery["id"], outcome)

    async def _post(self, mode: Mode, event: Object, endpoint: Object) -> dict[str, Any]:
        if not is_loopback(endpoint["url"]):
            return _outcome(error="not sent: the sandbox delivers to loopback addresses only")
        version = endpoint["api_version"] or versions.CURRENT
        shown = view(mode, {**event, "api_version": version})
        body = json.dumps(shown, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Accept": "*/*; q=0.5, application/xml",
            "Cache-Control": "no-cache",
            "Stripe-Signature": sign(endpoint["_secret"], body, mode.now()),
        }
        try:
            answer = await self._client.post(endpoint["url"], content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, OverflowError) as error:
            return _outcome(error=f"{type(error).__name__}: {error}"[:_KEPT_BODY])
        return _outcome(status=answer.status_code, body=answer.text[:_KEPT_BODY])

    def _record(self, name: str, outcome: dict[str, Any]) -> None:
        """Write the attempt down and decide what comes next."""
        delivery = self._world.store.get(KIND, name)
        if delivery is None:
            return
        delivery["attempts"].append(outcome)
        tries = len(delivery["attempts"])
        if 200 <= (outcome["status"] or 0) < 300:
            delivery |= {"status": "succeeded", "next_attempt": None}
            _count_pending(self._world, delivery, -1)
        elif tries > len(PAUSES):
            delivery |= {"status": "failed", "next_attempt": None}
        else:
            delivery["next_attempt"] = int(self._world.clock.now()) + PAUSES[tries - 1]
        self._world.store.put(KIND, name, delivery)
        _log(delivery, outcome)


def _outcome(
    status: int | None = None, error: str | None = None, body: str | None = None
) -> dict[str, Any]:
    return {"status": status, "error": error, "body": body}


def _count_pending(world: World, delivery: Object, step: int) -> None:
    mode = Mode(world, delivery["livemode"])
    event = mode.find("event", delivery["event"])
    if event is not None:
        event["pending_webhooks"] = max(0, event["pending_webhooks"] + step)
        mode.save(event)


def _log(delivery: Object, outcome: dict[str, Any]) -> None:
    if delivery["status"] != "succeeded":
        log.warning(
            "webhook %s to %s: %s, attempt %d",
            delivery["type"],
            delivery["url"],
            outcome["error"] or f"HTTP {outcome['status']}",
            len(delivery["attempts"]),
        )
