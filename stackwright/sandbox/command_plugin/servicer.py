"""The engine's protocol for the one resource that the stand-in knows, `command:local:Command`.

What the engine sends and expects was read off the real plugin 1.2.1: inputs are echoed, a preview
leaves `stdout` and `stderr` unknown, every difference is an update (that a changed trigger
replaces is the SDK's word to the engine), `delete` runs with the inputs of the last run.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stackwright.errors import scrub
from stackwright.plugin.engine import GrpcEngine
from stackwright.plugin.wire import decode, encode
from stackwright.sandbox.command_plugin.command import Command, Failed, run
from stackwright.sandbox.command_plugin.install import VERSION
from stackwright.values import UNKNOWN, Json, Secret, differences, leaves, reveal

TYPE = "command:local:Command"
_NOT_INPUTS = ("stdout", "stderr")
_ABSENT = ("assetPaths", "archivePaths")
_KINDS = {
    "add": provider_pb2.PropertyDiff.ADD,
    "delete": provider_pb2.PropertyDiff.DELETE,
    "update": provider_pb2.PropertyDiff.UPDATE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One plugin process. `token` makes the random part of ids."""

    def __init__(
        self,
        engine: GrpcEngine | None,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._engine = engine
        self._token = token
        self._running: set[asyncio.Task[Any]] = set()

    async def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    async def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    async def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(
            inputs=request.news, failures=_refusals(request.urn, decode(request.news))
        )

    async def Diff(self, request: Any, context: Any) -> Any:
        changes = differences(decode(request.old_inputs), decode(request.news))
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if changes else response.DIFF_NONE,
            hasDetailedDiff=True,
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind], inputDiff=True)
                for change in changes
            },
        )

    async def Create(self, request: Any, context: Any) -> Any:
        inputs = decode(request.properties)
        outputs = await self._converge(request, context, inputs, inputs.get("create"), {})
        made = f"{request.urn.rsplit('::', 1)[-1]}{self._token()}"
        return provider_pb2.CreateResponse(
            id="" if request.preview else made, properties=encode(outputs)
        )

    async def Update(self, request: Any, context: Any) -> Any:
        inputs = decode(request.news)
        script = inputs.get("update") or inputs.get("create")
        outputs = await self._converge(request, context, inputs, script, decode(request.olds))
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    async def Delete(self, request: Any, context: Any) -> Any:
        state = decode(request.properties)
        await self._run(request.urn, context, state, state.get("delete"), state)
        return empty_pb2.Empty()

    async def Read(self, request: Any, context: Any) -> Any:
        return provider_pb2.ReadResponse(
            id=request.id, properties=request.properties, inputs=request.inputs
        )

    async def Cancel(self, request: Any, context: Any) -> Any:
        for task in self._running:
            task.cancel()
        return empty_pb2.Empty()

    async def _converge(
        self, request: Any, context: Any, inputs: Json, script: Any, state: Json
    ) -> Json:
        if request.preview:
            return inputs | dict.fromkeys(_NOT_INPUTS, UNKNOWN)
        printed = await self._run(request.urn, context, inputs, script, state)
        # An update without a command keeps what the last one printed.
        kept = {name: state.get(name, "") for name in _NOT_INPUTS}
        return inputs | kept | printed

    async def _run(
        self, urn: str, context: Any, inputs: Json, script: Any, state: Json
    ) -> dict[str, str]:
        """What the script printed; nothing if there is no script. Aborts the call if it fails."""
        if not script:
            return {}
        hidden = _secrets(inputs)
        command = Command(reveal(script), reveal(inputs), reveal(state))
        task = asyncio.ensure_future(run(command, self._logger(urn, hidden)))
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            await context.abort(grpc.StatusCode.CANCELLED, f"interrupted: {urn}")
        except (Failed, OSError) as failure:
            text = scrub(str(failure), hidden)
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
        finally:
            self._running.discard(task)
        raise AssertionError("abort does not return")

    def _logger(self, urn: str, hidden: list[str]) -> Callable[[str], Awaitable[None]]:
        async def log(text: str) -> None:
            if self._engine and text:
                await self._engine.log(urn, scrub(text, hidden), ephemeral=True)

        return log


def _refusals(urn: str, inputs: Mapping[str, Any]) -> list[Any]:
    """What the real plugin can do and this one cannot: said at once, rather than done wrong."""
    kind = urn.split("::")[2].rpartition("$")[2]
    reasons = [f"the sandbox's command plugin does not support {n}" for n in _ABSENT if n in inputs]
    if kind != TYPE:
        reasons.append(f"the sandbox's command plugin knows {TYPE} only, not {kind}")
    return [provider_pb2.CheckFailure(reason=reason) for reason in reasons]


def _secrets(inputs: Mapping[str, Any]) -> list[str]:
    """The secret values among the inputs, so that no log line and no failure shows them."""
    found: list[str] = []
    for value in inputs.values():
        parts = value.values() if isinstance(value, Mapping) else [value]
        for part in parts:
            if isinstance(part, Secret):
                found += [str(leaf) for leaf in leaves(part)]
    return found
