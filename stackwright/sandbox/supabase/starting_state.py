"""What a project of a scenario holds before anybody deploys to it.

A scenario lists steps, carried out in their order; paths are of the scenario's folder:

    steps:
      - sql: schema.sql                                       # run as the role postgres
      - rows: {table: public.codes, file: codes.csv}          # a CSV with a header
      - users: {count: 14, email: "user-{number}@example.com", password: "..."}
      - functions: {file: functions/old.ts, slugs: [a, b], verify_jwt: true}
      - secrets: {NAME: value, STRIPE_SECRET_KEY: {credential: stripe_test_key}}

Users are made as the auth server makes them, so the sign-up triggers of earlier steps run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from stackwright.sandbox.supabase import (
    auth_users,
    databases,
    function_secrets,
    functions,
    projects,
)
from stackwright.sandbox.supabase.bundles import Bundler
from stackwright.sandbox.world import World

Step = Mapping[str, Any]


async def fill(world: World, ref: str, folder: Path, steps: list[Step]) -> None:
    """Carry out the steps of a scenario in `folder` on a running project."""
    for step in steps:
        for kind, what in step.items():
            await _KINDS[kind](world, projects.get(world, ref), folder, what)


async def _sql(world: World, project: projects.Project, folder: Path, file: str) -> None:
    async with await _connect(world, project) as connection:
        await connection.execute((folder / file).read_bytes())


async def _rows(world: World, project: projects.Project, folder: Path, what: Step) -> None:
    header, _, body = (folder / what["file"]).read_text().partition("\n")
    copy = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(
        sql.Identifier(*what["table"].split(".")),
        sql.SQL(", ").join(sql.Identifier(name) for name in header.split(",")),
    )
    async with (
        await _connect(world, project) as connection,
        connection.cursor() as cursor,
        cursor.copy(copy) as target,
    ):
        await target.write(body)


async def _users(world: World, project: projects.Project, folder: Path, what: Step) -> None:
    password_hash = await auth_users.hashed(world, project, what["password"])
    async with auth_users.database(world, project) as connection:
        for number in range(1, what["count"] + 1):
            email = what["email"].format(number=number)
            await auth_users.create(connection, email, password_hash, {}, confirmed=True)


async def _functions(world: World, project: projects.Project, folder: Path, what: Step) -> None:
    bundler, source = Bundler(), (folder / what["file"]).read_bytes()

    async def deploy(slug: str) -> None:
        entrypoint = f"functions/{slug}/index.ts"
        metadata = {"entrypoint_path": entrypoint, "verify_jwt": what.get("verify_jwt", True)}
        await functions.deploy(
            world,
            project["ref"],
            slug,
            metadata,
            {entrypoint: source},
            bundle_only=False,
            bundler=bundler,
        )

    await asyncio.gather(*(deploy(slug) for slug in what["slugs"]))


async def _secrets(world: World, project: projects.Project, folder: Path, what: Step) -> None:
    body = [{"name": name, "value": _value(world, value)} for name, value in what.items()]
    function_secrets.upsert(world, project["ref"], body)


def _value(world: World, value: str | Step) -> str:
    """A secret as written, or one of the sandbox's own Stripe keys."""
    return value if isinstance(value, str) else world.credentials("stripe")[value["credential"]]


async def _connect(world: World, project: projects.Project) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(databases.server(world, project).dsn())


_KINDS: dict[str, Callable[[World, projects.Project, Path, Any], Awaitable[None]]] = {
    "sql": _sql,
    "rows": _rows,
    "users": _users,
    "functions": _functions,
    "secrets": _secrets,
}
