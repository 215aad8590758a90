"""The addresses of everything in the sandbox, for people and scripts."""

from typing import Any
from urllib.parse import quote

from stackwright.sandbox.world import World


def status(world: World) -> dict[str, Any]:
    """Base URLs of the stand-ins; `databases` {ref: DSN}, `services` {name: URL}, `functions`
    {ref: base URL}. The DSNs hold the sandbox's database password."""
    projects = world.store.all("supabase.project")
    return {
        **{name: world.urls[name] for name in ("page", "render", "supabase", "stripe")},
        "databases": {project["ref"]: database_address(world, project) for project in projects},
        "services": _services(world),
        "functions": {
            project["ref"]: f"{world.urls['gateway']}/{project['ref']}/functions/v1"
            for project in projects
        },
    }


def _services(world: World) -> dict[str, str]:
    services = world.store.all("render.service")
    addresses = {service["name"]: service["serviceDetails"].get("url") for service in services}
    return {name: url for name, url in addresses.items() if url}  # workers have none


def database_address(world: World, project: dict[str, Any]) -> str:
    """The DSN of a project's database for the role `postgres`."""
    password = quote(project["db_password"], safe="")
    port = world.processes.ports.port(f"postgres {project['ref']}")
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
