"""A backup as a resource: what is risky depends on it, and waits until a verified one is there.

    guard = sql.Backup("backup", project=project.ref, within=24, revisions=sql.files())
    sql.Migrations(..., opts=pulumi.ResourceOptions(depends_on=[guard]))

Without a change of `revisions` nothing is done. With one, the newest verified backup that is young
enough is taken as it is, also one that a killed run or `stackwright backup` made; a whole one that
was not verified yet is verified; else a new one is made. Removing does nothing: backups stay.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from pydantic import Field
from typing_extensions import TypedDict

from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import StackwrightError
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, default, doc, fresh, replaces, undiffed
from stackwright.sql import backup, manifest, sealing
from stackwright.sql.manifest import Manifest
from stackwright.supabase.project import Ref
from stackwright.toolchain import ToolMissing, postgres_bin
from stackwright.values import UNKNOWN, Json

DIRECTORY = ".stackwright/backups"
KEEP = 14


class NotVerified(StackwrightError):
    """The backup exists but could not be restored and compared."""


class BackupInputs(TypedDict):
    """Of what, and how old it may be."""

    project: Input[Annotated[Ref, replaces, doc("The Supabase project's ref.")]]
    within: NotRequired[
        Input[
            Annotated[
                int, Field(ge=0), default(24), doc("Hours; an older backup is not good enough.")
            ]
        ]
    ]
    revisions: NotRequired[
        Input[
            Annotated[
                Mapping[str, Input[str]],
                doc("What needs it: a change asks for a fresh backup. `sql.files()` fits."),
            ]
        ]
    ]
    directory: NotRequired[
        Input[Annotated[str, default(DIRECTORY), undiffed, doc("Where backups are kept.")]]
    ]
    keep: NotRequired[
        Input[
            Annotated[
                int, Field(ge=1), default(KEEP), undiffed, doc("How many verified backups stay.")
            ]
        ]
    ]


class BackupOutputs(TypedDict):
    """`path`: the backup's folder; `taken_at`: its snapshot's time; `rows`: of all tables."""

    path: Annotated[str, fresh]
    taken_at: Annotated[str, fresh]
    rows: Annotated[int, fresh]
    address: str


class BackupController(Controller):
    """Looks for a fresh verified backup; makes one when there is none."""

    token = "stackwright:sql:Backup"
    inputs = BackupInputs
    outputs = BackupOutputs
    vendor = "supabase"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the backup of project {inputs['project']}"

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        """A backup that was made stays made, even when another machine keeps the files."""
        project = state["id"]
        place = _place(context, state.get("directory", DIRECTORY))
        found = manifest.newest(place, project, float("inf"), context.clock.now())
        if found is None and "path" not in state:
            return None
        known: Json = _outputs(context, *found) if found else {}
        kept: Json = {k: state[k] for k in ("path", "taken_at", "rows") if k in state}
        address = state.get("address", "")
        return Observed({"project": project}, {"id": project, "address": address, **kept, **known})

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        if inputs["project"] is UNKNOWN:
            return {}
        found = _fresh(context, inputs, verified=True)
        if found is None:
            await context.log(f"no verified backup of the last {inputs['within']} h: makes one")
            await _warn_without_server(context)
        else:
            await context.log(f"takes the verified backup of {found[1].started_at}")
        return {}

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        project = inputs["project"]
        address = await context.database_address(project, (state or {}).get("address"))
        progress = _Reporter(context)
        options = backup.Options(
            root=context.root / ".stackwright",
            key=sealing.checked(context.backup_key),
            verify=False,
            clock=context.clock,
            progress=progress.tell,
        )
        folder, known = await _verified(context, inputs, address, options)
        await progress.told()
        gone = manifest.prune(folder.parent, inputs["keep"])
        if gone:
            await context.log(f"removed {len(gone)} backups older than the newest {inputs['keep']}")
        return {"id": project, "address": address, **_outputs(context, folder, known)}

    async def remove(self, context: Writing, state: Json) -> None:
        return None


async def _warn_without_server(context: Reading) -> None:
    try:
        postgres_bin()
    except ToolMissing as error:
        await context.warn(
            "this run will stop here as it stands, because a backup is only good once it was "
            f"restored, and this machine has no server for that. {error}"
        )


async def _verified(
    context: Writing, inputs: Json, address: str, options: backup.Options
) -> tuple[Path, Manifest]:
    """A fresh verified backup: one that is there, or one made now. Raises `NotVerified`."""
    found = _fresh(context, inputs, verified=True)
    if found is not None:
        return found
    waiting = _fresh(context, inputs, verified=False)
    # One that was tried and found wanting is not tried again: another one is made.
    untried = waiting[0] if waiting and waiting[1].verified_at is None else None
    folder = untried or await backup.make(
        context.database_url(address),
        context.stack,
        inputs["project"],
        _place(context, inputs["directory"]),
        options,
    )
    known = await backup.verify(folder, options)
    if not known.verified:
        raise NotVerified(
            f"the backup {folder.name} is kept but not verified: {known.verified_note}. Nothing "
            "that depends on it was done."
        )
    return folder, known


def _fresh(context: Reading, inputs: Json, *, verified: bool) -> tuple[Path, Manifest] | None:
    place = _place(context, inputs["directory"])
    now = context.clock.now()
    return manifest.newest(place, inputs["project"], inputs["within"], now, verified=verified)


def _place(context: Reading, directory: str) -> Path:
    """The stack's folder of backups; `context.stack` is `project/stack`."""
    return context.root / directory / context.stack.rpartition("/")[2]


def _outputs(context: Reading, folder: Path, known: Manifest) -> Json:
    inside = folder.is_relative_to(context.root)
    path = folder.relative_to(context.root) if inside else folder
    return {"path": str(path), "taken_at": known.started_at, "rows": known.rows}


class _Reporter:
    """Turns news, which may come from other threads, into status lines: one a phase."""

    def __init__(self, context: Writing) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._phase = ""
        self._sent: list[asyncio.Future[None]] = []

    def tell(self, progress: backup.Progress) -> None:
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._loop.call_soon_threadsafe(self._send, str(progress))

    def _send(self, text: str) -> None:
        self._sent.append(asyncio.ensure_future(self._context.status(text)))

    async def told(self) -> None:
        await asyncio.gather(*self._sent)


class Backup(Resource):
    """A verified backup of a project's database that is not older than `within` hours.

    sql.Backup("backup", project=project.ref, within=24, revisions=sql.files())
    """

    path: pulumi.Output[str]
    taken_at: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[BackupInputs],
    ) -> None:
        super().__init__(BackupController(), resource_name, inputs, opts)
