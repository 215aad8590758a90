"""Reference data as a resource: a declared CSV, merged into its table by key.

The file and its rules (`<name>.yaml` beside it, see `reference.py`) are checked while the program
runs, so a bad file stops everything before anything happens. A diff asks the database in one round
trip whether what was loaded last is this file. Rows that the rules keep (an administrator's own)
are neither overwritten nor removed, but listed. Removing does nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import UserInput
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, doc, fresh, replaces
from stackwright.sql import database, reference_load
from stackwright.sql.limits import Limits
from stackwright.sql.record import Runner
from stackwright.sql.reference import ReferenceData as File
from stackwright.supabase.project import Ref
from stackwright.values import Json


class ReferenceDataInputs(TypedDict):
    """Which file, and where it goes; the table stands in the rules beside the file."""

    project: Input[Annotated[Ref, replaces, doc("The Supabase project's ref.")]]
    file: Input[Annotated[str, replaces, doc("The CSV, below the project's folder.")]]
    checksum: Input[Annotated[str, doc("Of file and rules; see `checksum()`.")]]


class ReferenceDataOutputs(TypedDict):
    """`rows` of the file; `kept`: keys of rows that are somebody's own."""

    rows: Annotated[int, fresh]
    kept: Annotated[list[str], fresh]
    revision: Annotated[str, fresh]
    address: str


class ReferenceDataController(Controller):
    """Observes what was loaded last; merges what differs."""

    token = "stackwright:sql:ReferenceData"
    inputs = ReferenceDataInputs
    outputs = ReferenceDataOutputs
    vendor = "supabase"

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the reference data {inputs['file']} of project {inputs['project']}"

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        project, _, file = state["id"].partition("/")
        data = File.load(context.root / file)
        address = await context.database_address(project, state.get("address"))
        async with database.reading(context.database_url(address)) as reading:
            status = await reference_load.status(reading, data)
        if not status.table_exists or status.checksum is None:
            return None
        inputs = {"project": project, "file": file, "checksum": status.checksum}
        return Observed(inputs, {"id": state["id"], "address": address})

    async def outstanding(self, context: Reading, inputs: Json, state: Json) -> list[str]:
        data = _file(context, inputs)
        address = await context.database_address(inputs["project"], state.get("address"))
        async with database.reading(context.database_url(address)) as reading:
            status = await reference_load.status(reading, data)
        return [] if status.is_current(data) else ["checksum"]

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        data = _file(context, inputs)
        known = (state or {}).get("address")
        address = await context.database_address(inputs["project"], known)
        table = data.declaration.table
        async with database.reading(context.database_url(address)) as reading:
            status = await reference_load.status(reading, data)
            if not status.table_exists:
                await context.log(f"{len(data.rows)} rows for {table}, which is not there yet")
            elif not status.is_current(data):
                found = await reference_load.difference(reading, data)
                await context.log(f"{table}: {found}")
        return {}

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        data = _file(context, inputs)
        known = (state or {}).get("address")
        address = await context.database_address(inputs["project"], known)
        runner = Runner(str(database.RunnerName.here()))
        async with database.writing(context.database_url(address)) as writing:
            found = await reference_load.load(writing, data, runner, Limits())
        return {
            "id": f"{inputs['project']}/{inputs['file']}",
            "rows": len(data.rows),
            "kept": [", ".join(key) for key in found.kept.samples],
            "revision": ownership.fresh(context.stack).token,
            "address": address,
        }

    async def remove(self, context: Writing, state: Json) -> None:
        return None


def _file(context: Reading, inputs: Json) -> File:
    """The file, as long as it is what the program saw."""
    data = File.load(context.root / inputs["file"])
    if data.checksum != inputs["checksum"]:
        raise UserInput(f"{inputs['file']} changed while this ran; run `pulumi up` again")
    return data


def checksum(file: str) -> str:
    """The checksum of a CSV and its rules; `BadReferenceData` tells every broken rule."""
    return File.load(Path.cwd() / file).checksum


class ReferenceData(Resource):
    """Rows of a table that come from a file.

    sql.ReferenceData("codes", project=project.ref, file=FILE, checksum=sql.checksum(FILE))
    """

    revision: pulumi.Output[str]
    rows: pulumi.Output[int]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ReferenceDataInputs],
    ) -> None:
        super().__init__(ReferenceDataController(), resource_name, inputs, opts)
