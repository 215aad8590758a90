"""Everything behind Render's routes, built once for a world."""

from dataclasses import dataclass

from stackwright.sandbox.render.deploys import Deploys
from stackwright.sandbox.render.hosting import Hosting
from stackwright.sandbox.render.limits import Limits
from stackwright.sandbox.render.logs import Logs
from stackwright.sandbox.render.repositories import Repositories
from stackwright.sandbox.render.services import Services
from stackwright.sandbox.world import World


@dataclass(frozen=True)
class Render:
    """The models that the handlers call."""

    world: World
    services: Services
    repositories: Repositories
    hosting: Hosting
    deploys: Deploys
    logs: Logs
    limits: Limits

    async def start(self) -> None:
        """Run again what ran before."""
        await self.hosting.start()
        await self.deploys.start()

    def collect_app_logs(self, service_id: str) -> None:
        """Take over what the live process has written to its own log."""
        release = self.hosting.release(service_id)
        if release is not None and release["command"]:
            path = self.hosting.process_log(service_id, release["deploy"])
            self.logs.collect(service_id, "app", path, deploy=release["deploy"])

    async def stop(self) -> None:
        """End every task, process and server."""
        await self.deploys.stop()
        await self.hosting.stop()


def build(world: World) -> Render:
    """The models over a world."""
    services, repositories, logs = Services(world), Repositories(world), Logs(world)
    hosting = Hosting(world, services)
    deploys = Deploys(world, services, repositories, hosting, logs)
    return Render(world, services, repositories, hosting, deploys, logs, Limits(world))
