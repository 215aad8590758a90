"""What every command of `stackwright sql` is about: some files, and the database they belong to."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from stackwright.cli import _guarding
from stackwright.configuration import OVER_QUERY, Configuration, with_password
from stackwright.configuration import read as read_configuration
from stackwright.errors import UserInput
from stackwright.sql import down, ledger, plan
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import Database, Readable, RunnerName, advised, reading, writing
from stackwright.sql.errors import BadMigrations
from stackwright.sql.guard import Guard
from stackwright.sql.migration import Migration, load, version_key
from stackwright.sql.record import Runner, commit_of
from stackwright.sql.undo_plan import Folder

DIRECTORY = "sql/migrations"
Json = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")


@dataclass(frozen=True)
class Target:
    """Which files, and the database they belong to (no address: no database is asked).

    `over_query`: the configuration of a stack whose database has no address, but an endpoint.
    """

    directory: Path
    url: str | None
    baseline: str | None
    collection: str
    rules: _guarding.StackRules = field(default_factory=_guarding.StackRules)
    over_query: Configuration | None = None

    @property
    def files(self) -> list[Migration]:
        """The files in their order."""
        return load(self.directory)

    @property
    def folder(self) -> Folder:
        """The files with their ways back."""
        return Folder(self.files, down.load(self.directory), self.collection)

    @property
    def dsn(self) -> str:
        """The address; raises `UserInput` without one."""
        if self.over_query:
            self.over_query.require_connection()
        if self.url is None:
            raise UserInput("name the database with --url, or the stack with --stack")
        return self.url

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Readable]:
        """The database, by the way that the stack is configured for."""
        if self.over_query:
            from stackwright.clients import Clients
            from stackwright.sql.query_endpoint import QueryEndpoint

            async with Clients(self.over_query).supabase_reader as reader:
                yield QueryEndpoint(reader, self.rules.reference)
            return
        with self._advised():
            async with reading(self.dsn) as database:
                yield database

    async def apply(self, options: Options) -> plan.Plan:
        """Run what is pending, by the same way."""
        if self.over_query:
            from stackwright.clients import Clients
            from stackwright.sql import query_apply
            from stackwright.sql.query_endpoint import WritableQueryEndpoint

            async with Clients(self.over_query).supabase as client:
                endpoint = WritableQueryEndpoint(client, self.rules.reference)
                return await query_apply.apply(endpoint, self.files, self.runner, options)
        with self._advised():
            async with writing(self.dsn) as database:
                return await apply(database, self.files, self.runner, options)

    def _advised(self) -> AbstractContextManager[None]:
        """A database at an address of its own has no other way."""
        return advised() if self.rules.reference else nullcontext()

    @property
    def runner(self) -> Runner:
        """Who applies these files."""
        return Runner(str(RunnerName.here()), commit_of(self.directory), self.collection)

    def file(self, version: str) -> Migration:
        """The file with this version; raises `BadMigrations`."""
        for file in self.files:
            if version_key(file.version) == version_key(version):
                return file
        raise BadMigrations(f"{self.directory}: there is no file with version {version}")

    def plan_on(self, state: ledger.Ledger, *, out_of_order: bool = False) -> plan.Plan:
        """What a run would do on a database with this ledger."""
        return plan.make(
            self.files,
            state,
            baseline=self.baseline,
            collection=self.collection,
            allow_out_of_order=out_of_order,
            approved=Guard(approved=self.rules.approved).approves,
        )


def options(function: Command) -> Command:
    """The options that every command has, given to it as one `target`."""
    for option in (
        click.option("--dir", "directory", type=click.Path(path_type=Path), help="The files."),
        click.option("--url", envvar="STACKWRIGHT_DATABASE_URL", help="The database."),
        click.option("--stack", help="The stack; default: the selected one."),
        click.option("--baseline", help="Versions up to it were applied before us."),
        click.option("--collection", help="Which of several sets of files this is."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ):
        function = option(function)
    return function


def target_of(given: Json) -> Target:
    directory, url = given["directory"], given["url"]
    declared: Json = {}
    rules = _guarding.StackRules()
    over_query = None
    if url is None and (directory is None or given["stack"]):
        declared, rules = _of_stack(given["stack"])
        settings = read_configuration(os.environ, {"databaseAccess": rules.access})
        if settings.over_query:
            click.echo(OVER_QUERY, err=True)
            over_query = settings
        else:
            url = asyncio.run(_address(settings, declared["project"]))
    return Target(
        directory or Path(declared.get("directory", DIRECTORY)),
        url,
        given["baseline"] or declared.get("baseline"),
        given["collection"] or declared.get("collection", ""),
        rules,
        over_query,
    )


def _of_stack(name: str | None) -> tuple[Json, _guarding.StackRules]:
    """The inputs of the stack's first Migrations, and what the stack allows."""
    from stackwright.stack import of_type, selected

    stack = selected(Path.cwd(), name)
    found = next(iter(of_type(stack.resources(), "stackwright:sql:Migrations")), None)
    if found is None:
        raise UserInput("the stack has no migrations yet: name a database with --url")
    return found.inputs, _guarding.of_stack(stack.folder, stack.project(), stack.name, found.inputs)


async def _address(settings: Configuration, project: str) -> str:
    from stackwright.clients import Clients

    if url := settings.get("databaseUrl"):
        return url
    address = await Clients(settings).database_address(project)
    return with_password(address, settings.require("supabaseDbPassword"))


def written(target: Target, work: Callable[[Database], Coroutine[Any, Any, Result]]) -> Result:
    """The result of some work on the database, over a connection that may write."""

    async def once() -> Result:
        async with writing(target.dsn) as database:
            return await work(database)

    return asyncio.run(once())


def show(report: Json, lines: list[str], as_json: bool) -> None:
    """Print the report as one JSON object, or the lines."""
    if as_json:
        click.echo(json.dumps(report))
        return
    for line in lines:
        click.echo(line)
