"""Migrations as a resource: the files of one folder, applied in order, each once.

The truth is the ledger in the database, so a diff always reads it (one round trip) and may ask for
an update although no input changed. Bodies are not inputs: the plugin reads them, and refuses
files that changed since the preview. Rollback by an older commit finds a database that is ahead:
that is said and left alone. Removing does nothing. See docs/decisions/0006-migrations.md.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import UserInput
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, default, doc, fresh, replaces, undiffed
from stackwright.sql import apply as applying
from stackwright.sql import approval as approving
from stackwright.sql import database, ledger, lint, plan, presence, query_apply
from stackwright.sql.apply import Options, Phase, Progress
from stackwright.sql.approval import ApprovalInput
from stackwright.sql.database import Readable
from stackwright.sql.effects import effects
from stackwright.sql.migration import Migration, load
from stackwright.sql.notices import heard
from stackwright.sql.query_endpoint import QueryEndpoint, WritableQueryEndpoint
from stackwright.sql.record import Runner, commit_of
from stackwright.sql.trial import Trial, guard_of
from stackwright.supabase.project import Ref
from stackwright.values import UNKNOWN, Json

DIRECTORY = "sql/migrations"


class MigrationsInputs(TypedDict):
    """Which files, and where."""

    project: Input[Annotated[Ref, replaces, doc("The Supabase project's ref.")]]
    files: Input[Annotated[Mapping[str, str], doc("File name to SHA-256; see `files()`.")]]
    directory: NotRequired[
        Input[Annotated[str, default(DIRECTORY), undiffed, doc("The folder of the files.")]]
    ]
    baseline: NotRequired[
        Input[Annotated[str | None, doc("Versions up to this one were applied before us.")]]
    ]
    collection: NotRequired[
        Input[Annotated[str, default(""), replaces, doc("Tells several of these apart.")]]
    ]
    after: NotRequired[
        Input[
            Annotated[
                Sequence[str],
                undiffed,
                doc("Folders of migrations that come before these: a preview tries them first."),
            ]
        ]
    ]
    approvals: NotRequired[
        Input[
            Annotated[
                Mapping[str, ApprovalInput],
                undiffed,
                doc("Files that may destroy something, by name; see `approvals()`."),
            ]
        ]
    ]
    backup_within: NotRequired[
        Input[
            Annotated[
                float | None,
                undiffed,
                doc("Hours: such a file needs a verified backup this fresh."),
            ]
        ]
    ]
    lint: NotRequired[
        Input[
            Annotated[
                Mapping[str, lint.Action], undiffed, doc("Rules of squawk to refuse or ignore.")
            ]
        ]
    ]


class MigrationsOutputs(TypedDict):
    """`applied`: the versions of ours that are done; `waiting`: the files whose time has not come.
    `address`: the database, no password.
    """

    applied: Annotated[list[str], fresh]
    waiting: Annotated[list[str], fresh]
    revision: Annotated[str, fresh]
    address: str


class MigrationsController(Controller):
    """Observes the ledger; applies what is pending."""

    token = "stackwright:sql:Migrations"
    inputs = MigrationsInputs
    outputs = MigrationsOutputs
    vendor = "supabase"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the migrations {inputs['collection']!r} of project {inputs['project']}"

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        project = state["id"].partition("/")[0]
        address = await _address(context, project, state)
        async with _reading(context, project, address) as reading:
            seen = await ledger.read(reading)
        known, waits = state.get("files", {}), state.get("waiting", [])
        files = {
            name: _seen(name, sha, seen)
            for name, sha in known.items()
            if _done(name, seen) or name in waits
        }
        inputs = {"project": project, "files": files}
        return Observed(inputs, {"id": state["id"], "address": address})

    async def outstanding(self, context: Reading, inputs: Json, state: Json) -> list[str]:
        todo = await self._plan(context, inputs, state)
        return [f"files[{file.file!r}]".replace("'", '"') for file in todo.pending]

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        if inputs["project"] is UNKNOWN:
            files = _files(context.root, inputs)
            if context.over_query:
                query_apply.refuse_steps(files)
            found = effects(files)
            earlier = _earlier(context.root, inputs, ledger.Ledger())
            await Trial(context, inputs, files, earlier).run(
                presence.of_nothing(found).judge(found), None
            )
            return {}
        address = await _address(context, inputs["project"], state)
        async with _reading(context, inputs["project"], address) as reading:
            seen = await ledger.read(reading)
            todo = _planned(context, inputs, seen)
            found = await guard_of(context, inputs).judged(todo.pending, reading, seen)
        for note in todo.notes:
            await context.log(note)
        if todo.pending:
            trial = Trial(context, inputs, todo.pending, _earlier(context.root, inputs, seen))
            if context.over_query:
                query_apply.refuse_steps(todo.pending)
                await trial.run_without_copy(found, empty=not seen.has_tables and not seen.applied)
            else:
                await trial.run(found, context.database_url(address))
        return {}

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        project = inputs["project"]
        files = _files(context.root, inputs)
        address = await _address(context, project, state)
        progress = _Reporter(context)
        runner = Runner(
            str(database.RunnerName.here()), commit_of(context.root), inputs["collection"]
        )
        guard = guard_of(context, inputs)
        options = Options(
            baseline=inputs.get("baseline"),
            clock=context.clock,
            progress=progress.tell,
            guard=guard.ask,
            approved=guard.approves,
        )
        notices: Sequence[str] = []
        if context.over_query:
            endpoint = WritableQueryEndpoint(context.supabase, project)
            done = await query_apply.apply(endpoint, files, runner, options)
        else:
            with database.advised():
                async with database.writing(context.database_url(address)) as writing:
                    with heard(writing.connection) as notices:
                        done = await applying.apply(writing, files, runner, options)
        await progress.told()
        for note in [*guard.allowed(done.pending), *done.notes, *notices]:
            await context.log(note)
        waits = [wait.file.file for wait in done.waiting]
        return {
            "id": "/".join(filter(None, [project, inputs["collection"]])),
            "applied": [file.version for file in files if file.file not in waits],
            "waiting": waits,
            "revision": ownership.fresh(context.stack).token,
            "address": address,
        }

    async def remove(self, context: Writing, state: Json) -> None:
        return None

    async def _plan(self, context: Reading, inputs: Json, state: Json | None) -> plan.Plan:
        """What an `up` would do; refuses edited, missing and out-of-order files."""
        address = await _address(context, inputs["project"], state)
        async with _reading(context, inputs["project"], address) as reading:
            return _planned(context, inputs, await ledger.read(reading))


def _planned(context: Reading, inputs: Json, seen: ledger.Ledger) -> plan.Plan:
    todo = plan.make(
        _files(context.root, inputs),
        seen,
        baseline=inputs.get("baseline"),
        collection=inputs["collection"],
        approved=guard_of(context, inputs).approves,
    )
    todo.refuse_problems()
    return todo


def _earlier(root: Path, inputs: Json, seen: ledger.Ledger) -> list[Migration]:
    """What is pending in the folders that come first. It is another resource's to apply."""
    folders = [load(root / folder) for folder in inputs.get("after", [])]
    plans = [plan.make(files, seen, baseline=inputs.get("baseline")) for files in folders]
    return [file for todo in plans for file in todo.pending]


class _Reporter:
    """Turns the engine's news into status lines; the engine does not wait for them."""

    def __init__(self, context: Writing) -> None:
        self._context = context
        self._sent: list[asyncio.Task[None]] = []

    def tell(self, progress: Progress) -> None:
        if progress.phase in (Phase.STARTED, Phase.WAITING, Phase.RETRYING):
            where = f"{progress.number}/{progress.total} " if progress.total else ""
            text = f"{where}{progress.file} {progress.phase.value} {progress.text}".strip()
            self._sent.append(asyncio.ensure_future(self._context.status(text)))

    async def told(self) -> None:
        await asyncio.gather(*self._sent)


def _files(root: Path, inputs: Json) -> list[Migration]:
    """The files, as long as they are what the program saw."""
    loaded = load(root / inputs["directory"])
    if {file.file: file.checksum for file in loaded} != inputs["files"]:
        raise UserInput(
            f"the files in {inputs['directory']} changed while this ran; run `pulumi up` again"
        )
    return loaded


async def _address(context: Reading, project: str, state: Json | None) -> str:
    """Where the database is: as last time, without a question to the vendor, if it is there."""
    if context.over_query:
        return ""
    return await context.database_address(project, (state or {}).get("address"))


@asynccontextmanager
async def _reading(context: Reading, project: str, address: str) -> AsyncIterator[Readable]:
    """The database, by the way that the stack is configured for."""
    if context.over_query:
        yield QueryEndpoint(context.supabase, project)
        return
    with database.advised():
        async with database.reading(context.database_url(address)) as reading:
            yield reading


def _done(name: str, seen: ledger.Ledger) -> bool:
    return name.partition("_")[0] in seen.applied


def _seen(name: str, sha: str, seen: ledger.Ledger) -> str:
    """What was applied; another tool's row has no checksum, so we take its word."""
    detail = seen.details.get(name.partition("_")[0])
    return detail.checksum if detail else sha


def files(directory: str = DIRECTORY) -> dict[str, str]:
    """File name to SHA-256 of every migration in a folder, below the project's folder."""
    return {file.file: file.checksum for file in load(Path.cwd() / directory)}


def approvals() -> dict[str, ApprovalInput]:
    """What people allowed on this stack: `<project>:approvals` in `Pulumi.<stack>.yaml`."""
    return pulumi.Config().get_object(approving.KEY) or {}


class Migrations(Resource):
    """The migrations of a project's database.

    sql.Migrations(
        "migrations", project=project.ref, files=sql.files(), approvals=sql.approvals()
    )
    """

    revision: pulumi.Output[str]
    applied: pulumi.Output[list[str]]
    waiting: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[MigrationsInputs],
    ) -> None:
        super().__init__(MigrationsController(), resource_name, inputs, opts)
