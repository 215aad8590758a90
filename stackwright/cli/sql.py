"""`stackwright sql`: the migrations by themselves, without Pulumi or for the selected stack.

Each command takes `--dir` and `--url`; without `--url` it works on the stack's database, with
the folder and the baseline that the stack's program declares. `--json` prints one object.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from stackwright.cli import _guarding
from stackwright.errors import UserInput
from stackwright.sql import apply as applying
from stackwright.sql import indexes, ledger, plan, repair, shadow
from stackwright.sql.apply import Options, Phase, Progress
from stackwright.sql.database import Database, RunnerName, reading, writing
from stackwright.sql.effect_rules import Effect
from stackwright.sql.effects import effects
from stackwright.sql.errors import BadMigrations
from stackwright.sql.guard import Guard
from stackwright.sql.limits import Limits
from stackwright.sql.migration import Migration, load, version_key
from stackwright.sql.record import Runner, commit_of

DIRECTORY = "sql/migrations"
Json = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def command() -> None:
    """Migrations: what is pending, what it would do, and apply it."""


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
    def dsn(self) -> str:
        """The address; raises `UserInput` without one."""
        if self.url is None:
            raise UserInput("name the database with --url, or the stack with --stack")
        return self.url

    @property
    def runner(self) -> Runner:
        """Who applies these files."""
        return Runner(str(RunnerName.here()), commit_of(self.directory), self.collection)

    def plan_on(self, state: ledger.Ledger, *, out_of_order: bool = False) -> plan.Plan:
        """What a run would do on a database with this ledger."""
        return plan.make(
            self.files,
            state,
            baseline=self.baseline,
            collection=self.collection,
            allow_out_of_order=out_of_order,
        )


def _options(function: Command) -> Command:
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


def _target(options: Json) -> Target:
    directory, url = options["directory"], options["url"]
    declared: Json = {}
    rules = _guarding.StackRules()
    if url is None and (directory is None or options["stack"]):
        declared, url, rules = asyncio.run(_of_stack(options["stack"]))
    return Target(
        directory or Path(declared.get("directory", DIRECTORY)),
        url,
        options["baseline"] or declared.get("baseline"),
        options["collection"] or declared.get("collection", ""),
        rules,
    )


async def _of_stack(name: str | None) -> tuple[Json, str, _guarding.StackRules]:
    """The inputs of the stack's first Migrations, the database's address, what the stack allows."""
    import os

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


@command.command()
@_options
def status(as_json: bool, **options: Any) -> None:
    """Show what is applied, what is pending and what stands in the way."""
    target = _target(options)
    state, todo, broken = asyncio.run(_status(target))
    report = {
        "applied": sorted(state.applied, key=version_key),
        "pending": [file.file for file in todo.pending],
        "baseline": [file.file for file in todo.baseline],
        "ahead": list(todo.ahead),
        "problems": [asdict(p) | {"trouble": p.trouble.value} for p in todo.problems],
        "invalid_indexes": [asdict(index) for index in broken],
        "notes": todo.notes,
    }
    lines = [
        f"{len(state.applied)} applied, {len(todo.pending)} pending",
        *(f"pending: {file.file}" for file in todo.pending),
        *(f"{p.trouble.value}: {p.sentence}" for p in todo.problems),
        *(f"invalid index: {index.index} on {index.table}" for index in broken),
        *todo.notes,
    ]
    _print(report, lines, as_json)


async def _status(
    target: Target,
) -> tuple[ledger.Ledger, plan.Plan, list[indexes.InvalidIndex]]:
    async with reading(target.dsn) as database:
        state = await ledger.read(database)
        return state, target.plan_on(state), await indexes.invalid(database)


@command.command()
@_options
@click.option("--refuse", multiple=True, metavar="RULE", help="A rule of squawk that must hold.")
@click.option("--ignore", multiple=True, metavar="RULE", help="A rule of squawk to leave out.")
def lint(as_json: bool, refuse: tuple[str, ...], ignore: tuple[str, ...], **options: Any) -> None:
    """Read the files: are they SQL, what do they lock and destroy, what does squawk say?"""
    from stackwright.sql import lint as linting

    target = _target(options | ({"directory": Path(DIRECTORY)} if _alone(options) else {}))
    files = target.files
    found = effects(files)
    rules: Json = {**target.rules.lint}
    rules |= dict.fromkeys(ignore, "ignore") | dict.fromkeys(refuse, "refuse")
    findings = asyncio.run(linting.of_migrations(target.directory, files, rules))
    report = {
        "effects": [asdict(effect) for effect in found],
        "findings": [asdict(finding) for finding in findings],
    }
    _print(report, [*map(str, found), *map(str, findings)], as_json)
    linting.refuse(findings, rules)
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


def _alone(options: Json) -> bool:
    """Reading files needs no stack."""
    return not any(options[name] for name in ("directory", "url", "stack"))


@command.command(name="shadow")
@_options
@click.option(
    "--on-target",
    is_flag=True,
    help="Run them inside the database itself and roll back: holds their locks for a while.",
)
def shadow_command(as_json: bool, on_target: bool, **options: Any) -> None:
    """Try what is pending on a copy of the database's schema; change nothing at the database."""
    target = _target(options)
    if on_target:
        _rehearse(target, as_json)
        return
    report, found = asyncio.run(_shadow(target))
    failure = report.failure
    _print(
        asdict(report)
        | {"ok": failure is None, "notes": report.notes, "effects": list(map(asdict, found))},
        [
            *(f"ok: {r.file}" for r in report.files if not r.failure and not r.unchecked),
            *report.notes,
            *map(str, found),
            *([str(failure)] if failure else []),
        ]
        or ["nothing is pending"],
        as_json,
    )
    if failure:
        raise SystemExit(1)


async def _shadow(target: Target) -> tuple[shadow.Report, list[Effect]]:
    """Problems with the ledger stop it: what would run is not known then."""
    if target.url is None:
        pending = target.files
        found = effects(pending)
    else:
        async with reading(target.dsn) as database:
            seen = await ledger.read(database)
            todo = target.plan_on(seen)
            todo.refuse_problems()
            pending = list(todo.pending)
            found = await Guard().judged(pending, database, seen)
    return await shadow.check(pending, target.url, _workspace()), found


def _rehearse(target: Target, as_json: bool) -> None:
    from stackwright.sql.rehearsal import Rehearsal, rehearse

    async def once(database: Database) -> Rehearsal:
        todo = target.plan_on(await ledger.read(database))
        todo.refuse_problems()
        return await rehearse(database, todo.pending)

    done = _with(target, once)
    lines = [*(f"ok, and rolled back: {file}" for file in done.tried), *done.notes]
    _print(asdict(done) | {"notes": done.notes}, lines or ["nothing is pending"], as_json)


@command.command(name="drift")
@_options
@click.option("--sql", "script", type=click.Choice(["adopt", "mend"]), help="Print only this SQL.")
def drift_command(as_json: bool, script: str | None, **options: Any) -> None:
    """Compare the database with what its applied migrations make; change nothing."""
    from stackwright.cli import _drift

    target = _target(options)
    _drift.run(target.files, target.dsn, _workspace(), script=script or "", as_json=as_json)


def _workspace() -> Path:
    """`.stackwright` of the project around us; outside of one, the user's cache."""
    from stackwright import toolchain

    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder / ".stackwright"
    return toolchain.cache_dir()


@command.command()
@_options
@click.option("--out-of-order", is_flag=True, help="Also files older than the newest applied.")
@click.option("--lock-wait", default=60.0, help="Seconds to wait for another run to end.")
@click.option("--approve", multiple=True, metavar="FILE=SHA256", help="A file that may destroy.")
@click.option("--by", help="Who approves.")
@click.option("--why", help="And for which reason.")
@click.option("--backup-within", type=float, metavar="HOURS", help="Demand so fresh a backup.")
def apply(as_json: bool, out_of_order: bool, lock_wait: float, **options: Any) -> None:
    """Run what is pending, each file in a transaction with its ledger row.

    A file that destroys something needs an approval: in the stack's file, or with --approve.
    """
    target = _target(options)
    extra = _guarding.approvals(options["approve"], options["by"], options["why"])
    guard = target.rules.guard(extra, options["backup_within"], _workspace())
    settings = Options(
        baseline=target.baseline,
        allow_out_of_order=out_of_order,
        limits=Limits(run_lock=lock_wait),
        progress=_tell,
        guard=guard.ask,
    )
    done = _with(target, lambda db: applying.apply(db, target.files, target.runner, settings))
    report = {
        "applied": [file.file for file in done.pending],
        "recorded": [file.file for file in done.baseline],
        "notes": [*guard.allowed(done.pending), *done.notes],
    }
    _print(report, [f"{len(done.pending)} applied", *report["notes"]], as_json)


def _tell(news: Progress) -> None:
    if news.phase in {Phase.WAITING, Phase.RETRYING, Phase.APPLIED, Phase.RECORDED}:
        place = f"{news.number}/{news.total} " if news.total else ""
        click.echo(f"{place}{news.file} {news.phase.value} {news.text}".strip(), err=True)


@command.command(name="repair")
@_options
@click.argument("versions", nargs=-1, required=True)
@click.option("--status", type=click.Choice(["applied", "reverted"]), required=True)
@click.option("--unchecked", is_flag=True, help="Believe it without looking at the tables.")
def repair_command(
    as_json: bool, versions: tuple[str, ...], status: str, unchecked: bool, **options: Any
) -> None:
    """Correct the ledger: VERSIONS were applied by other means, or undone."""
    target = _target(options)
    files = [_file(target, version) for version in versions if status == "applied"]

    async def correct(database: Database) -> None:
        for file in files:
            await repair.applied(database, file, target.runner, unchecked=unchecked)
        for version in versions if status == "reverted" else ():
            await repair.reverted(database, version, unchecked=unchecked)

    _with(target, correct)
    lines = [f"{version} is now recorded as {status}" for version in versions]
    _print({"versions": list(versions), "status": status}, lines, as_json)


@command.command()
@_options
@click.argument("version")
@click.option("--unchecked", is_flag=True, help="Do not try the files on an empty database.")
def baseline(as_json: bool, version: str, unchecked: bool, **options: Any) -> None:
    """Record the files up to VERSION as applied: the database has their effect already."""
    target = _target(options)
    files = [f for f in target.files if version_key(f.version) <= version_key(version)]
    if not unchecked:
        _refuse_broken(files)

    async def record(database: Database) -> list[str]:
        known = await ledger.read(database)
        todo = [file for file in files if file.version not in known.applied]
        for file in todo:
            await repair.applied(database, file, target.runner, unchecked=unchecked)
        return [file.file for file in todo]

    recorded = _with(target, record)
    _print({"recorded": recorded}, [f"recorded: {file}" for file in recorded], as_json)


def _refuse_broken(files: list[Migration]) -> None:
    """A baseline that does not replay fails every new, empty database."""
    report = asyncio.run(shadow.check(files, None, _workspace()))
    if report.failure:
        raise BadMigrations(
            f"the files do not run on an empty database: {report.failure}; every new database "
            "would fail. Repair them, or use --unchecked."
        )


def _file(target: Target, version: str) -> Migration:
    for file in target.files:
        if version_key(file.version) == version_key(version):
            return file
    raise BadMigrations(f"{target.directory}: there is no file with version {version}")


Result = TypeVar("Result")


def _with(target: Target, work: Callable[[Database], Coroutine[Any, Any, Result]]) -> Result:
    async def once() -> Result:
        async with writing(target.dsn) as database:
            return await work(database)

    return asyncio.run(once())


def _print(report: Json, lines: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report))
        return
    for line in lines:
        click.echo(line)
