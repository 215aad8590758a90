"""Deploys: one at a time a service, each a task that builds, starts and replaces.

    created -> build_in_progress -> update_in_progress -> live -> deactivated
                        |                   |
                  build_failed        update_failed            canceled from any running state

A deploy asked for while another runs is `queued` and has no id in the answer; a queued one that
is overtaken is canceled.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from stackwright.sandbox.render import times
from stackwright.sandbox.render.builds import Builder, BuildError
from stackwright.sandbox.render.errors import ConflictError, InvalidError, MissingError
from stackwright.sandbox.render.hosting import Hosting, UnhealthyError
from stackwright.sandbox.render.logs import Logs
from stackwright.sandbox.render.repositories import Commit, Repositories, RepositoryError
from stackwright.sandbox.render.services import Services
from stackwright.sandbox.store import Document
from stackwright.sandbox.world import World

log = logging.getLogger(__name__)

KIND = "render.deploy"
BUILT = "render.built"
ACTIVE = ("created", "build_in_progress", "pre_deploy_in_progress", "update_in_progress")
UNFINISHED = ("queued", *ACTIVE)
_QUEUE_SECONDS = 0.3  # Render too needs a moment between accepting a deploy and building it


class Deploys:
    """The deploys of all services."""

    def __init__(
        self,
        world: World,
        services: Services,
        repositories: Repositories,
        hosting: Hosting,
        logs: Logs,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._world = world
        self._services = services
        self._repositories = repositories
        self._hosting = hosting
        self._logs = logs
        self._sleep = sleep
        self.builder = Builder(world, services, repositories, logs)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Go on with what was running when the sandbox ended."""
        for service in self._services.all():
            for deploy in reversed(self.all(service["id"])):
                if deploy["status"] in ACTIVE:
                    self._begin(deploy)

    async def stop(self) -> None:
        """End the tasks; their deploys go on at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until no deploy runs."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def all(self, service_id: str) -> list[Document]:
        """A service's deploys, newest first."""
        self._services.get(service_id)
        return list(reversed(self._world.store.find(KIND, service=service_id)))

    def get(self, service_id: str, deploy_id: str) -> Document:
        """One deploy. Raises MissingError."""
        self._services.get(service_id)
        found = self._world.store.get(KIND, deploy_id)
        if found is None or found["service"] != service_id:
            raise MissingError(deploy_id)
        return found

    async def create(
        self, service_id: str, *, trigger: str, commit_id: str | None = None, **extra: Any
    ) -> Document:
        """A new deploy, begun or queued. Raises MissingError, InvalidError, ConflictError."""
        service = self._services.get(service_id)
        if service["suspended"] == "suspended":
            raise ConflictError("the service is suspended: resume it first")
        commit = await self._commit(service, commit_id)
        running = any(deploy["status"] in ACTIVE for deploy in self.all(service_id))
        deploy = self._document(service_id, trigger, commit, queued=running) | extra
        if running:
            self._skip_queued(service_id)
        self._save(deploy)
        if not running:
            self._begin(deploy)
        return deploy

    async def cancel(self, service_id: str, deploy_id: str) -> Document:
        """Cancel an unfinished deploy. Raises MissingError, InvalidError."""
        deploy = self.get(service_id, deploy_id)
        if deploy["status"] not in UNFINISHED:
            raise InvalidError(f"deploy {deploy_id} is already {deploy['status']}")
        live = self._hosting.release(service_id)
        if live is not None and live["deploy"] == deploy_id:
            raise InvalidError(f"deploy {deploy_id} is already live")
        task = self._tasks.get(deploy_id)
        self._finish(deploy, "canceled")
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._hosting.discard(service_id, deploy_id)
        self._next(service_id)
        return self.get(service_id, deploy_id)

    async def rollback(self, service_id: str, deploy_id: str) -> Document:
        """A new deploy from what an earlier one has built. Raises MissingError, InvalidError."""
        old = self.get(service_id, deploy_id)
        if old["status"] not in ("live", "deactivated"):
            raise InvalidError(f"deploy {deploy_id} was never live")
        commit = (old.get("commit") or {}).get("id")
        return await self.create(
            service_id, trigger="rollback", commit_id=commit, of=old.get("of", deploy_id)
        )

    async def forget(self, service_id: str) -> None:
        """Remove a service's deploys, running ones too."""
        for deploy in self._world.store.find(KIND, service=service_id):
            task = self._tasks.get(deploy["id"])
            self._world.store.delete(KIND, deploy["id"])
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await self._hosting.discard(service_id, deploy["id"])
            self._world.store.delete(BUILT, deploy["id"])
        self.builder.forget(service_id)

    def _begin(self, deploy: Document) -> None:
        task = asyncio.create_task(self._guarded(deploy))
        self._tasks[deploy["id"]] = task
        task.add_done_callback(lambda _task: self._tasks.pop(deploy["id"], None))

    async def _guarded(self, deploy: Document) -> None:
        try:
            await self._run(deploy)
        except BuildError:
            self._finish(deploy, "build_failed")
        except UnhealthyError as error:
            self._logs.add(deploy["service"], "build", f"==> {error}", deploy=deploy["id"])
            self._finish(deploy, "update_failed")
        except Exception:
            log.exception("the sandbox failed in deploy %s", deploy["id"])
            self._finish(deploy, "build_failed")
        self._next(deploy["service"])

    async def _run(self, deploy: Document) -> None:
        await self._sleep(self._world.setting("render.queue_seconds", _QUEUE_SECONDS))
        service = self._services.get(deploy["service"])
        self._move(deploy, "build_in_progress")
        release = await self._release(service, deploy)
        self._move(deploy, "update_in_progress")
        await self._hosting.switch(self._services.get(service["id"]), release)
        self._retire_live(service["id"])
        self._finish(deploy, "live")
        self._logs.add(service["id"], "build", "==> Your service is live 🎉", deploy=deploy["id"])

    async def _release(self, service: Document, deploy: Document) -> Document:
        """What to run: built anew, or for a rollback what was built then with today's env vars."""
        built = self._world.store.get(BUILT, str(deploy.get("of")))
        if built is None:
            release = await self.builder.build(service, deploy)
            self._world.store.put(BUILT, deploy["id"], {**release, "env": {}})
            return release
        environment = self.builder.environment(service, deploy) if built["command"] else {}
        return {**built, "deploy": deploy["id"], "env": environment}

    def _retire_live(self, service_id: str) -> None:
        for other in self.all(service_id):
            if other["status"] == "live":
                self._move(other, "deactivated")

    def _next(self, service_id: str) -> None:
        """Begin the queued deploy, if there is one and nothing runs."""
        if self._world.store.get("render.service", service_id) is None:
            return
        deploys = self.all(service_id)
        if any(deploy["status"] in ACTIVE for deploy in deploys):
            return
        queued = next((deploy for deploy in deploys if deploy["status"] == "queued"), None)
        if queued is not None:
            self._move(queued, "created")
            self._begin(queued)

    def _skip_queued(self, service_id: str) -> None:
        for deploy in self.all(service_id):
            if deploy["status"] == "queued":
                self._finish(deploy, "canceled")

    async def _commit(self, service: Document, commit_id: str | None) -> Commit | None:
        if not service.get("repo"):
            return None
        try:
            if commit_id:
                return await self._repositories.commit(service["repo"], commit_id)
            return await self._repositories.resolve(service["repo"], service.get("branch"))
        except RepositoryError as error:
            if commit_id:
                raise InvalidError(str(error)) from None
            return None  # the branch has vanished: the build fails and says so

    def _document(
        self, service_id: str, trigger: str, commit: Commit | None, *, queued: bool
    ) -> Document:
        now = times.now(self._world.clock)
        return {
            "id": self._world.ids.make("dep-", 20),
            "service": service_id,
            "commit": commit.as_dict() if commit else None,
            "status": "queued" if queued else "created",
            "trigger": trigger,
            "createdAt": now,
            "updatedAt": now,
        }

    def _move(self, deploy: Document, status: str) -> None:
        deploy["status"] = status
        if status == "build_in_progress":
            deploy["startedAt"] = times.now(self._world.clock)
        self._save(deploy)

    def _finish(self, deploy: Document, status: str) -> None:
        deploy["finishedAt"] = times.now(self._world.clock)
        self._move(deploy, status)

    def _save(self, deploy: Document) -> None:
        deploy["updatedAt"] = times.now(self._world.clock)
        self._world.store.put(KIND, deploy["id"], deploy)


def as_vendor(deploy: Document) -> Document:
    """A deploy as Render shows it; one without a commit (of an image) has no such field."""
    shown = {name: value for name, value in deploy.items() if name not in ("service", "of")}
    if shown["commit"] is None:
        del shown["commit"]
    return shown
