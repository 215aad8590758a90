"""Runs what deploys have built: a web server a static site, a process a service.

The address of a service is its own port and never changes; a new process gets a port of its own,
must answer its health check, and only then takes the place of the old one.
"""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from stackwright.sandbox.processes import Child
from stackwright.sandbox.render.forwarder import Forwarder
from stackwright.sandbox.render.services import Services
from stackwright.sandbox.render.static_site import StaticSite
from stackwright.sandbox.servers import Server
from stackwright.sandbox.store import Document
from stackwright.sandbox.world import World

RELEASE = "render.release"
_POLL = 0.1
_NO_PORT = ("background_worker", "cron_job")


class UnhealthyError(Exception):
    """A process ended early or did not become healthy; the message is for the deploy's log."""


class Hosting:
    """The running services. A release is what a deploy made: folder, command, env values."""

    def __init__(self, world: World, services: Services) -> None:
        self._world = world
        self._services = services
        self._fronts: dict[str, Forwarder | Server] = {}

    async def start(self) -> None:
        """Serve every service again after a restart, with what it ran before."""
        for service in self._services.all():
            await self.open(service)
            release = self.release(service["id"])
            if release and not _is_static(service) and service["suspended"] == "not_suspended":
                await self._begin(service, release)

    async def stop(self) -> None:
        """Close every front and end every process."""
        for service_id in list(self._fronts):
            await self.close(service_id)
        for service in self._services.all():
            await self.end(service["id"])

    async def open(self, service: Document) -> None:
        """Listen on the service's port, though nothing may be live yet."""
        if service["type"] in _NO_PORT or service["id"] in self._fronts:
            return
        port = self._world.processes.port(f"service {service['id']}")
        front = self._site(service, port) if _is_static(service) else self._forwarder(service, port)
        await front.start()
        self._fronts[service["id"]] = front

    async def close(self, service_id: str) -> None:
        """Stop listening on the service's port."""
        front = self._fronts.pop(service_id, None)
        if front is not None:
            await front.stop()
        if isinstance(front, Server):
            front.close()

    def release(self, service_id: str) -> Document | None:
        """What is live."""
        return self._world.store.get(RELEASE, service_id)

    async def switch(self, service: Document, release: Document) -> None:
        """Make a release live; the old process ends after the new one is healthy.

        Raises UnhealthyError; then the old release stays live.
        """
        old = self.release(service["id"])
        if not _is_static(service) and release["command"]:
            await self._begin(service, release)
        self._world.store.put(RELEASE, service["id"], release)
        if old is not None and old["deploy"] != release["deploy"]:
            await self._world.processes.stop(_process(service["id"], old["deploy"]))

    async def restart(self, service: Document) -> None:
        """Start the live release again with the values it was started with."""
        release = self.release(service["id"])
        if release and release["command"]:
            await self._begin(service, release)

    async def end(self, service_id: str) -> None:
        """End the service's process."""
        release = self.release(service_id)
        if release is not None:
            await self._world.processes.stop(_process(service_id, release["deploy"]))

    async def forget(self, service_id: str) -> None:
        """Remove everything that runs for a service, and its port."""
        await self.close(service_id)
        await self.end(service_id)
        self._world.store.delete(RELEASE, service_id)
        for name in self._world.processes.ports.all():
            if name.startswith(f"service {service_id}"):
                self._world.processes.ports.release(name)

    async def discard(self, service_id: str, deploy_id: str) -> None:
        """End the process of a deploy that did not become live."""
        await self._world.processes.stop(_process(service_id, deploy_id))

    def process_log(self, service_id: str, deploy_id: str) -> Path:
        """The file with what the process of a deploy writes."""
        return self._world.processes.log(_process(service_id, deploy_id))

    async def _begin(self, service: Document, release: Document) -> None:
        name = _process(service["id"], release["deploy"])
        port = self._world.processes.port(name)
        folder = Path(release["folder"])
        environment = {**release["env"], "PORT": str(port)}
        child = await self._world.processes.start(
            name,
            ["/bin/sh", "-c", f"exec {release['command']}"],
            env=environment,
            cwd=folder,
            stop_signal=signal.SIGTERM,
        )
        try:
            if service["type"] != "background_worker":
                await self._until_healthy(service, child, port)
        except UnhealthyError:
            await self._world.processes.stop(name)
            raise

    async def _until_healthy(self, service: Document, child: Child, port: int) -> None:
        path = service["serviceDetails"].get("healthCheckPath", "")
        limit = self._world.setting("render.health_seconds", 30)
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for _attempt in range(round(limit / _POLL)):
                if not self._world.processes.running(child.name):
                    code = self._world.processes.exit_code(child.name)
                    raise UnhealthyError(f"Exited with status {code}")
                if await _healthy(client, port, path):
                    return
                await asyncio.sleep(_POLL)
        what = f"{path} did not answer 2xx or 3xx" if path else f"no open port {port}"
        raise UnhealthyError(f"Timed out after waiting {limit} s for the health check: {what}")

    def _site(self, service: Document, port: int) -> Server:
        service_id = service["id"]

        def folder() -> Path | None:
            known, release = (
                self._world.store.get("render.service", service_id),
                self.release(service_id),
            )
            if known is None or known["suspended"] == "suspended" or release is None:
                return None
            return Path(release["folder"])

        site = StaticSite(
            folder,
            lambda: self._services.routes.all(service_id),
            lambda: self._services.headers.all(service_id),
        )
        return Server(service["name"], port, lambda: site)

    def _forwarder(self, service: Document, port: int) -> Forwarder:
        service_id = service["id"]

        def target() -> int | None:
            release = self.release(service_id)
            if release is None or not release["command"]:
                return None
            name = _process(service_id, release["deploy"])
            return self._world.processes.port(name) if self._world.processes.running(name) else None

        def refusal() -> tuple[str, str]:
            known = self._world.store.get("render.service", service_id) or {}
            if known.get("suspended") == "suspended":
                return "503 Service Unavailable", "Service Suspended"
            return "502 Bad Gateway", "Bad Gateway"

        return Forwarder(port, target, refusal)


async def _healthy(client: httpx.AsyncClient, port: int, path: str) -> bool:
    """With a path: it answers 2xx or 3xx. Without: something listens."""
    try:
        if path:
            answer = await client.get(f"http://127.0.0.1:{port}{path}")
            return answer.status_code < 400
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
    except (OSError, httpx.HTTPError):
        return False
    return True


def _is_static(service: Mapping[str, Any]) -> bool:
    return bool(service["type"] == "static_site")


def _process(service_id: str, deploy_id: str) -> str:
    return f"service {service_id} {deploy_id}"
