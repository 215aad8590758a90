"""What every command of `stackwright sql` is about: some files, and the database they belong to."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from stackwright.cli import _guarding
from stackwright.errors import UserInput
from stackwright.sql import down, ledger, plan
from stackwright.sql.database import Database, RunnerName, writing
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
    """Which files, and the database they belong to (no address: no database is asked)."""

    directory: Path
    url: str | None
    baseline: str | None
    collection: str
    rules: _guarding.StackRules = field(default_factory=_guarding.StackRules)

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
        if self.url is None:
            raise UserInput("name the database with --url, or the stack with --stack")
        return self.url

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
    if url is None and (directory is None or given["stack"]):
        declared, url, rules = asyncio.run(_of_stack(given["stack"]))
    return Target(
        directory or Path(declared.get("directory", DIRECTORY)),
        url,
        given["baseline"] or declared.get("baseline"),
        given["collection"] or declared.get("collection", ""),
        rules,
    )


async def _of_stack(name: str | None) -> tuple[Json, str, _guarding.StackRules]:
    """The inputs of the stack's first Migrations, the database's address, what the stack allows."""
    from stackwright import configuration
    from stackwright.clients import Clients
    from stackwright.stack import of_type, selected

    stack = selected(Path.cwd(), name)
    found = next(iter(of_type(stack.resources(), "stackwright:sql:Migrations")), None)
    if found is None:
        raise UserInput("the stack has no migrations yet: name a database with --url")
    settings = configuration.read(os.environ, {})
    inputs = found.inputs
    rules = _guarding.of_stack(stack.folder, stack.project(), stack.name, inputs)
    if url := settings.get("databaseUrl"):
        return inputs, url, rules
    address = await Clients(settings).database_address(inputs["project"])
    password = settings.require("supabaseDbPassword")
    return inputs, configuration.with_password(address, password), rules


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
