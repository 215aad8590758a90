"""The PostgreSQL cluster of each project, run as a child process of the sandbox."""

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

from stackwright.postgres import Postgres, PostgresError
from stackwright.sandbox.supabase import extensions
from stackwright.sandbox.world import World

Project = dict[str, Any]


def folder(world: World, ref: str) -> Path:
    """Where everything of a project is kept on disk."""
    return world.root / "supabase" / ref


def process_name(ref: str) -> str:
    """The name under which the server's process, port and log are kept."""
    return f"postgres {ref}"


def server(world: World, project: Project) -> Postgres:
    """The project's server, running or not."""
    name = process_name(project["ref"])
    cluster = Postgres(
        folder(world, project["ref"]) / "postgres",
        world.processes.port(name),
        password=project["db_password"],
        bin_dir=extensions.postgres_bin(),
    )
    cluster.log_file = world.processes.log(name)
    return cluster


async def start(world: World, project: Project) -> None:
    """Make the cluster if it is new, start its server and wait until it answers."""
    name = process_name(project["ref"])
    cluster = await asyncio.to_thread(server, world, project)
    await asyncio.to_thread(cluster.create)
    await world.processes.stop(name)
    await asyncio.to_thread(cluster.clear_stale_pid)
    await world.processes.start(
        name,
        cluster.argv(),
        env={"PATH": os.environ.get("PATH", os.defpath)},
        stop_signal=signal.SIGINT,
        grace=20.0,
    )
    await asyncio.to_thread(cluster.wait_ready, lambda: world.processes.running(name))


async def stop(world: World, ref: str) -> None:
    """Stop the project's server; not running is no error."""
    await world.processes.stop(process_name(ref))


async def remove(world: World, ref: str) -> None:
    """Stop the server and delete the project's files."""
    await stop(world, ref)
    await asyncio.to_thread(shutil.rmtree, folder(world, ref), True)
    world.processes.ports.release(process_name(ref))


async def answers(world: World, project: Project) -> bool:
    """Say whether the project's database lets somebody in."""
    try:
        return await asyncio.to_thread(server(world, project).answers)
    except PostgresError:
        return False
