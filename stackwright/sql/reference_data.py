"""Reference data as a resource: declared rows, merged into their table by key.

The rows are a CSV of the repository, or a table of another stack. Their rules (`<name>.yaml`, see
`reference_rules.py`) are checked before anything happens: of a file while the program runs, of
another stack's table whenever it is read. A diff asks the database in one round trip whether what
was loaded last is this content. Rows that the rules keep (an administrator's own) are neither
overwritten nor removed, but listed. Removing does nothing.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.context import Reading, Writing
from stackwright.errors import UserInput
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, doc, fresh, nested, replaces
from stackwright.sql import database, reference_difference, reference_load, reference_source
from stackwright.sql import reference_status as statuses
from stackwright.sql.heartbeat import heartbeat
from stackwright.sql.limits import Limits
from stackwright.sql.record import Runner, commit_of
from stackwright.sql.reference import ReferenceData as Content
from stackwright.sql.reference import declared
from stackwright.sql.reference_load import Listener
from stackwright.sql.reference_status import Status
from stackwright.supabase.project import Ref
from stackwright.values import Json, has_unknown


@nested
class Source(TypedDict):
    """Another stack's table; `table` is needed where it is called otherwise there."""

    project: Ref
    table: NotRequired[str]


class ReferenceDataInputs(TypedDict):
    """Which rows, and where they go; the table stands in the rules beside the file."""

    project: Input[Annotated[Ref, replaces, doc("The Supabase project's ref.")]]
    file: Input[
        Annotated[
            str, replaces, doc("The CSV, below the project's folder; the YAML of a `source`.")
        ]
    ]
    checksum: NotRequired[
        Input[Annotated[str, doc("Of file and rules, see `checksum()`; of a `source`: pins it.")]]
    ]
    source: NotRequired[
        Input[Annotated[Source, doc("Another project's `project` and `table`, read instead.")]]
    ]


class ReferenceDataOutputs(TypedDict):
    """`rows` of the content and its checksum; `kept`: keys of rows that are somebody's own."""

    rows: Annotated[int, fresh]
    content: Annotated[str, fresh]
    kept: Annotated[list[str], fresh]
    revision: Annotated[str, fresh]
    address: str


class ReferenceDataController(Controller):
    """Observes what was loaded last; merges what differs."""

    token = "stackwright:sql:ReferenceData"
    inputs = ReferenceDataInputs
    outputs = ReferenceDataOutputs
    vendor = "supabase"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        source = inputs.get("source")
        if source and not str(inputs.get("file", ".yaml")).endswith(".yaml"):
            yield Problem("file", "names the rules alone, <name>.yaml, where a source is read")
        if source and source.get("project") == inputs.get("project"):
            yield Problem("source.project", "is the project that is loaded; name another one")

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the reference data {inputs['file']} of project {inputs['project']}"

    def account(self, accounts: Accounts, values: Mapping[str, Any]) -> str | None:
        return accounts.project(values.get("project"))

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        project, _, file = state["id"].partition("/")
        table = declared(context.root / file).table
        address = await context.database_address(project, state.get("address"))
        async with database.reading(context.database_url(address)) as reading:
            status = await statuses.status(reading, table)
        if not status.table_exists or status.checksum is None:
            return None
        inputs = {"project": project, "file": file, "checksum": status.checksum}
        return Observed(inputs, {"id": state["id"], "address": address})

    async def outstanding(self, context: Reading, inputs: Json, state: Json) -> list[str]:
        data = await _content(context, inputs)
        address = await context.database_address(inputs["project"], state.get("address"))
        async with database.reading(context.database_url(address)) as reading:
            status = await statuses.status(reading, data.declaration.table)
        return [] if status.is_current(data) else ["source" if "source" in inputs else "checksum"]

    async def preview(self, context: Reading, inputs: Json, state: Json | None) -> Json:
        if has_unknown(inputs.get("source")):
            await context.log("the source is not known yet: its rows are read when it is")
            return {}
        data = await _content(context, inputs)
        address = await context.database_address(inputs["project"], (state or {}).get("address"))
        table = data.declaration.table
        async with database.reading(context.database_url(address)) as reading:
            status = await statuses.status(reading, table)
            await _tell(context, data, status)
            if not status.table_exists:
                await context.log(f"{data.count} rows for {table}, which is not there yet")
            elif not status.is_current(data):
                found = await reference_difference.difference(reading, data)
                await context.log(f"{table}: {found}")
        return {}

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        address = await context.database_address(inputs["project"], (state or {}).get("address"))
        runner = Runner(str(database.RunnerName.here()), commit_of(context.root))
        async with (
            database.writing(context.database_url(address)) as writing,
            heartbeat(context, inputs["file"]) as tell,
        ):
            tell("reading")
            data = await _content(context, inputs)
            await _tell(context, data, await statuses.status(writing, data.declaration.table))
            listener = Listener(tell, partial(context.clock.sleep, 0))
            found = await reference_load.load(writing, data, runner, Limits(), listener)
        return {
            "id": f"{inputs['project']}/{inputs['file']}",
            "rows": data.count,
            "content": data.checksum,
            "kept": [", ".join(key) for key in found.kept.samples],
            "revision": ownership.fresh(context.stack).token,
            "address": address,
        }

    async def remove(self, context: Writing, state: Json) -> None:
        return None


async def _tell(context: Reading, data: Content, status: Status) -> None:
    """What happened since the last load that a person should know of."""
    table = data.declaration.table
    if status.progress:
        await context.log(f"{table}: {status.progress.behind(data)}")
    if status.lost_rows:
        await context.warn(
            f"{table} has lost rows: {status.loaded_rows} after the last load, "
            f"{status.rows} now; only those of the declared content come back"
        )


async def _content(context: Reading, inputs: Json) -> Content:
    """The rows as they are now, as long as they are what the program saw or pinned."""
    data = await _read(context, inputs)
    if "source" not in inputs and "checksum" not in inputs:
        raise UserInput(f"{inputs['file']} needs checksum=sql.checksum(...), or a source")
    if data.checksum == inputs.get("checksum", data.checksum):
        return data
    if "source" in inputs:
        raise UserInput(
            f"the source of {inputs['file']} is not the pinned one: its checksum is {data.checksum}"
        )
    raise UserInput(f"{inputs['file']} changed while this ran; run `pulumi up` again")


async def _read(context: Reading, inputs: Json) -> Content:
    path, source = context.root / inputs["file"], inputs.get("source")
    if not source:
        return Content.load(path)
    rules = declared(path)
    table = source.get("table") or rules.table
    async with database.reading(await context.other_database_url(source["project"])) as reading:
        text = await reference_source.read(reading, rules, table=table)
    return Content.of(f"{table} of project {source['project']}", rules, text)


def checksum(file: str) -> str:
    """The checksum of a CSV and its rules; `BadReferenceData` tells every broken rule."""
    return Content.load(Path.cwd() / file).checksum


class ReferenceData(Resource):
    """Rows of a table that come from a file, or from another stack's table.

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
