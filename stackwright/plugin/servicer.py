"""The plugin's side of the engine's protocol: `pulumirpc.ResourceProvider` over grpc.aio.

Each method decodes, calls a `Lifecycle`, and encodes; no rule lives here. The engine's ways that
had to be found by trying are told where they are obeyed.
"""

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stackwright import __version__, configuration
from stackwright.accounts import identify
from stackwright.clients import Clients, Transports, network
from stackwright.clock import SYSTEM, Clock
from stackwright.context import Engine, InterruptibleClock, Quiet, Session
from stackwright.errors import scrub
from stackwright.plugin import registry
from stackwright.plugin.engine import GrpcEngine
from stackwright.plugin.lifecycle import Entry, Lifecycle, PartialFailure, Plan, explain
from stackwright.plugin.wire import decode, encode
from stackwright.values import Json, reveal, secret_texts

KINDS = {
    "add": provider_pb2.PropertyDiff.ADD,
    "delete": provider_pb2.PropertyDiff.DELETE,
    "update": provider_pb2.PropertyDiff.UPDATE,
}
REPLACING = {
    "add": provider_pb2.PropertyDiff.ADD_REPLACE,
    "delete": provider_pb2.PropertyDiff.DELETE_REPLACE,
    "update": provider_pb2.PropertyDiff.UPDATE_REPLACE,
}

Method = Callable[[Any, Any, Any], Coroutine[Any, Any, Any]]


def answered(method: Method) -> Method:
    """Turn what a method raises into the engine's two kinds of failure."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: Any) -> Any:
        try:
            return await method(self, request, context)
        except PartialFailure as failure:
            reasons = [scrub(reason, _private(request)) for reason in failure.reasons]
            context.set_trailing_metadata((_details(failure.entry, reasons),))
            await context.abort(grpc.StatusCode.UNKNOWN, "; ".join(reasons))
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the last line before the engine
            # Any code but UNKNOWN: the engine would call the whole update possibly corrupt.
            text = scrub(explain(error), _private(request))
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)

    return call


def _private(request: Any) -> list[str]:
    """Every secret text that came with a request: an answer of a vendor may quote one."""
    names = ("args", "properties", "inputs", "news", "olds", "old_inputs")
    structs = [getattr(request, name, None) for name in names]
    trees = [decode(struct) for struct in structs if isinstance(struct, struct_pb2.Struct)]
    return [text for tree in trees for text in secret_texts(tree)]


def _details(entry: Entry, reasons: list[str]) -> tuple[str, bytes]:
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message="; ".join(reasons))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=entry.id,
        reasons=reasons,
        properties=encode(entry.outputs),
        inputs=encode(entry.inputs),
    )
    status.details.add().Pack(detail)
    return "grpc-status-details-bin", status.SerializeToString()


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider of one run. `transports` and `clock` are for tests."""

    def __init__(
        self,
        engine: Engine | None = None,
        environment: Mapping[str, str] | None = None,
        transports: Transports = network,
        clock: Clock = SYSTEM,
        root: Path | None = None,
    ) -> None:
        self._engine: Engine = engine or Quiet()
        self._environment = os.environ if environment is None else environment
        self._transports = transports
        self._cancelled = asyncio.Event()
        self._clock = InterruptibleClock(clock, self._cancelled)
        self._root = root or Path.cwd()
        self._state_config: Json = {}
        self._session: Session | None = None
        self._said: set[asyncio.Future[None]] = set()

    # -- the run ---------------------------------------------------------------------------

    async def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False
        )

    async def Attach(self, request: Any, context: Any) -> Any:
        """A debugger's start: one process serves several runs, so nothing is kept."""
        self._engine = GrpcEngine.connect(request.address)
        self._session = None
        return empty_pb2.Empty()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=__version__)

    async def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(
            schema=f'{{"name": "stackwright", "version": "{__version__}"}}'
        )

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        # Never DIFF_NONE: the engine would configure this run with the old values.
        return provider_pb2.DiffResponse()

    @answered
    async def Configure(self, request: Any, context: Any) -> Any:
        self._state_config = reveal(decode(request.args))
        session = self._open_session()
        session.accounts = await identify(session.clients, session.configuration)
        for note in session.configuration.notes:
            await session.engine.log("", note, level="warning")
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def _open_session(self) -> Session:
        settings = configuration.read(self._environment, self._state_config)
        clients = Clients(settings, self._transports, self._clock, self._notice)
        self._session = Session(
            stack="",  # every URN names it
            configuration=settings,
            clients=clients,
            engine=self._engine,
            clock=self._clock,
            root=self._root,
            probe_transport=self._transports("probes"),
        )
        return self._session

    def _notice(self, text: str) -> None:
        """A client waits for a rate limit: say so, without making it wait for us too."""
        said = asyncio.ensure_future(self._engine.log("", text))
        self._said.add(said)
        said.add_done_callback(self._said.discard)

    async def Cancel(self, request: Any, context: Any) -> Any:
        # Also sent at the end of every normal run. Requests under way are let finish: a vendor's
        # answer that nobody waits for is an object that nobody knows. Only waiting ends.
        self._cancelled.set()
        return empty_pb2.Empty()

    def _lifecycle(self, urn: str) -> Lifecycle:
        session = self._session or self._open_session()
        session.stack = _stack_of(urn)
        return Lifecycle(registry.controller(_token_of(urn)), session)

    # -- the resource ------------------------------------------------------------------------

    @answered
    async def Check(self, request: Any, context: Any) -> Any:
        lifecycle = self._lifecycle(request.urn)
        inputs, problems = lifecycle.check(decode(request.news))
        reasons = [str(problem) for problem in problems] or self._twice(
            lifecycle, request.urn, inputs
        )
        # `property` stays empty: the engine prints the value of the property it names, even of
        # a secret one. The reason names the path.
        failures = [provider_pb2.CheckFailure(property="", reason=reason) for reason in reasons]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures)

    def _twice(self, lifecycle: Lifecycle, urn: str, inputs: Json) -> list[str]:
        """Two entries for one object would take it from each other in every run."""
        reasons = []
        for claim in lifecycle.controller.claims(reveal(inputs)):
            other = urn if "UNKNOWN" in claim else lifecycle.session.claims.setdefault(claim, urn)
            if other != urn:
                name = other.rpartition("::")[2]
                reasons.append(f"{claim} is declared twice: here and as '{name}'")
        return reasons

    @answered
    async def Diff(self, request: Any, context: Any) -> Any:
        entry = Entry(request.id, decode(request.olds), decode(request.old_inputs))
        plan = await self._lifecycle(request.urn).diff(request.urn, entry, decode(request.news))
        return _diff_response(plan)

    @answered
    async def Create(self, request: Any, context: Any) -> Any:
        lifecycle, news = self._lifecycle(request.urn), decode(request.properties)
        if request.preview:
            known = await lifecycle.preview(request.urn, None, news)
            return provider_pb2.CreateResponse(properties=encode(known))
        entry = await lifecycle.create(request.urn, news, request.timeout or None)
        return provider_pb2.CreateResponse(id=entry.id, properties=encode(entry.outputs))

    @answered
    async def Update(self, request: Any, context: Any) -> Any:
        lifecycle, news = self._lifecycle(request.urn), decode(request.news)
        entry = Entry(request.id, decode(request.olds), decode(request.old_inputs))
        if request.preview:
            known = await lifecycle.preview(request.urn, entry, news)
            return provider_pb2.UpdateResponse(properties=encode(known))
        updated = await lifecycle.update(request.urn, entry, news, request.timeout or None)
        return provider_pb2.UpdateResponse(properties=encode(updated.outputs))

    @answered
    async def Read(self, request: Any, context: Any) -> Any:
        entry = Entry(request.id, decode(request.properties), decode(request.inputs))
        found = await self._lifecycle(request.urn).read(request.urn, entry)
        if found is None:
            return provider_pb2.ReadResponse()  # no id: gone
        return provider_pb2.ReadResponse(
            id=found.id, properties=encode(found.outputs), inputs=encode(found.inputs)
        )

    @answered
    async def Delete(self, request: Any, context: Any) -> Any:
        entry = Entry(request.id, decode(request.properties), decode(request.old_inputs))
        await self._lifecycle(request.urn).delete(request.urn, entry, request.timeout or None)
        return empty_pb2.Empty()


def _diff_response(plan: Plan) -> Any:
    response = provider_pb2.DiffResponse
    detailed = {
        change.path: provider_pb2.PropertyDiff(
            kind=(REPLACING if change.field in plan.replaced_by else KINDS)[change.kind],
            inputDiff=True,
        )
        for change in plan.changes
    }
    return response(
        changes=response.DIFF_SOME if plan.changes else response.DIFF_NONE,
        detailedDiff=detailed,
        hasDetailedDiff=True,
        diffs=sorted({change.field for change in plan.changes}),
        replaces=sorted(plan.replaced_by),
        deleteBeforeReplace=plan.delete_first and bool(plan.replaced_by),
    )


def _token_of(urn: str) -> str:
    """The type token: the last member of the URN's (possibly qualified) type."""
    return urn.split("::")[2].rpartition("$")[2]


def _stack_of(urn: str) -> str:
    stack, project = urn.removeprefix("urn:pulumi:").split("::")[:2]
    return f"{project}/{stack}"
