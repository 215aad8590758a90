"""The database that a command is about: a stack's own, or the one at an address."""

import asyncio
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from stackwright import configuration
from stackwright.clients import Clients
from stackwright.errors import UserInput
from stackwright.sql.database import where
from stackwright.stack import of_type, selected

PRODUCTION = re.compile(r"prod(uction)?\b|live\b", re.IGNORECASE)


@dataclass(frozen=True)
class Chosen:
    """A database. `name`: the stack's name, or host, port and database of an address.

    `stack`: `project/stack` for manifests; `project`: the Supabase project's ref, or empty.
    """

    name: str
    stack: str
    project: str
    url: str = field(repr=False)

    @property
    def folder(self) -> str:
        """The name of the folder of its backups."""
        return re.sub(r"[^\w.-]+", "-", self.name)

    @property
    def is_production(self) -> bool:
        """Whether its name says so."""
        return PRODUCTION.match(self.name) is not None


def choose(stack: str | None, url: str | None) -> Chosen:
    """The database at `url`, else that of the stack; raises `UserInput`."""
    if url is not None:
        name = _name_of(url)
        return Chosen(stack or name, stack or name, "", url)
    return asyncio.run(_of_stack(stack))


async def _of_stack(name: str | None) -> Chosen:
    stack = selected(Path.cwd(), name)
    found = next(iter(of_type(stack.resources(), "stackwright:supabase:Project")), None)
    settings = configuration.read(os.environ, {})
    url = settings.get("databaseUrl")
    if found is None and url is None:
        raise UserInput("the stack has no Supabase project yet: name a database with --url")
    project = found.id if found else ""
    if url is None:
        address = await Clients(settings).database_address(project)
        url = configuration.with_password(address, settings.require("supabaseDbPassword"))
    return Chosen(stack.name, f"{stack.project()}/{stack.name}", project, url)


def _name_of(url: str) -> str:
    try:
        user = str(conninfo_to_dict(url).get("user") or "")
    except psycopg.ProgrammingError:
        raise UserInput(
            "--url is not a connection string: write postgresql://user:password@host:port/database"
        ) from None
    # One pooler serves all projects of a region; its users are called postgres.<ref>.
    return f"{user}@{where(url)}" if "." in user else where(url)
