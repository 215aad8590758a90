"""A small engine for tests: keeps state and calls the plugin in the order of Pulumi's own.

What it plays was read off the real one: Check, Diff, Create or Update in the order of the
program, replacements as Create then Delete (or the other way round when the plugin asks for it),
deletions last, partial failures kept with their id. `kill_before_delete` and `Killed` stand for
`kill -9` between two calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from stackwright.plugin.servicer import Servicer
from stackwright.plugin.wire import decode, encode
from stackwright.values import UNKNOWN, Json

PROJECT, STACK = "shop", "dev"


@dataclass(frozen=True)
class Ref:
    """An output of another resource of the program; `id` is the id."""

    resource: str
    output: str = "id"


@dataclass(frozen=True)
class Declared:
    """One resource of a program. `parent` is a component's type, which changes the URN."""

    token: str
    inputs: Json
    parent: str = ""
    aliases: tuple[str, ...] = ()

    def urn(self, name: str) -> str:
        kind = f"{self.parent}${self.token}" if self.parent else self.token
        return f"urn:pulumi:{STACK}::{PROJECT}::{kind}::{name}"


Program = Mapping[str, Declared]


@dataclass
class Saved:
    """A resource in state."""

    id: str
    inputs: Json
    outputs: Json
    unfinished: bool = False


class Killed(Exception):
    """The process ended here; nothing after it happened and nothing was saved."""


class Failed(Exception):
    """The plugin answered with an error; `partial` says that the id was kept."""

    def __init__(self, text: str, partial: Saved | None = None) -> None:
        super().__init__(text)
        self.partial = partial


class Call:
    """The server's side of one gRPC call, as far as the servicer uses it."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata

    async def abort(self, code: grpc.StatusCode, text: str) -> None:
        raise Failed(text, self._partial())

    def _partial(self) -> Saved | None:
        for name, value in self.metadata:
            if name == "grpc-status-details-bin":
                return _unpack(status_pb2.Status.FromString(value))
        return None


def _unpack(status: Any) -> Saved:
    detail = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(detail)
    return Saved(detail.id, decode(detail.inputs), decode(detail.properties), unfinished=True)


@dataclass
class Engine:
    """State plus one plugin process a run. `make` starts a fresh plugin."""

    make: Any
    state: dict[str, Saved] = field(default_factory=dict)
    timeout: float = 0.0
    """`custom_timeouts` of every resource, in seconds; 0: none."""

    async def up(
        self,
        program: Program,
        *,
        replace: frozenset[str] = frozenset(),
        kill_after: str = "",
        kill_before_delete: bool = False,
    ) -> list[str]:
        """Run the program; answers the operations, e.g. `["create price"]`.

        `kill_after`: the name of the resource whose vendor answered, but whose entry was not
        saved any more.
        """
        run = Run(self, await self._start(), program)
        for name, declared in program.items():
            await run.step(name, declared, forced=name in replace, killed=name == kill_after)
        if kill_before_delete:
            raise Killed
        await run.delete_leftovers()
        return run.operations

    async def preview(self, program: Program) -> list[str]:
        """The operations that `up` would do; the plugin is asked as in a preview."""
        run = Run(self, await self._start(), program, dry=True)
        for name, declared in program.items():
            await run.step(name, declared)
        kept = {declared.urn(name) for name, declared in program.items()}
        gone = [urn for urn in self.state if urn not in kept]
        return run.operations + [f"delete {urn.rpartition('::')[2]}" for urn in gone]

    async def refresh(self) -> None:
        plugin = await self._start()
        for urn, saved in list(self.state.items()):
            answer = await plugin.Read(
                provider_pb2.ReadRequest(
                    id=saved.id,
                    urn=urn,
                    properties=encode(saved.outputs),
                    inputs=encode(saved.inputs),
                ),
                Call(),
            )
            if answer.id:
                self.state[urn] = Saved(answer.id, decode(answer.inputs), decode(answer.properties))
            else:
                del self.state[urn]

    async def read(self, token: str, name: str, id: str) -> Saved | None:
        """`pulumi import`: only an id is known."""
        plugin = await self._start()
        urn = Declared(token, {}).urn(name)
        answer = await plugin.Read(provider_pb2.ReadRequest(id=id, urn=urn), Call())
        if not answer.id:
            return None
        saved = Saved(answer.id, decode(answer.inputs), decode(answer.properties))
        self.state[urn] = saved
        return saved

    async def destroy(self) -> list[str]:
        return await self.up({})

    def saved(self, name: str) -> Saved:
        return next(s for urn, s in self.state.items() if urn.endswith(f"::{name}"))

    async def _start(self) -> Servicer:
        plugin: Servicer = self.make()
        await plugin.Configure(provider_pb2.ConfigureRequest(), Call())
        return plugin


@dataclass
class Run:
    """One `up` or `preview`."""

    engine: Engine
    plugin: Servicer
    program: Program
    dry: bool = False
    operations: list[str] = field(default_factory=list)
    doomed: list[tuple[str, Saved]] = field(default_factory=list)
    outputs: dict[str, Saved] = field(default_factory=dict)

    async def step(
        self, name: str, declared: Declared, *, forced: bool = False, killed: bool = False
    ) -> None:
        urn = declared.urn(name)
        self._follow_aliases(urn, declared)
        old = self.engine.state.get(urn)
        inputs = await self._check(urn, declared, old)
        if old is None:
            await self._create(urn, name, inputs, killed)
        elif forced:
            await self._replace(urn, name, old, declared, killed, first=False)
        else:
            await self._change(urn, name, old, inputs, declared, killed)

    def _follow_aliases(self, urn: str, declared: Declared) -> None:
        for alias in declared.aliases:
            if alias in self.engine.state and urn not in self.engine.state:
                self.engine.state[urn] = self.engine.state.pop(alias)

    async def _change(
        self, urn: str, name: str, old: Saved, inputs: Json, declared: Declared, killed: bool
    ) -> None:
        answer = await self.plugin.Diff(
            provider_pb2.DiffRequest(
                id=old.id,
                urn=urn,
                olds=encode(old.outputs),
                old_inputs=encode(old.inputs),
                news=encode(inputs),
            ),
            Call(),
        )
        if answer.replaces:
            first = answer.deleteBeforeReplace
            await self._replace(urn, name, old, declared, killed, first=first)
        elif answer.changes == provider_pb2.DiffResponse.DIFF_SOME or old.unfinished:
            await self._update(urn, name, old, inputs, killed)
        else:
            self.outputs[name] = old

    async def _replace(
        self, urn: str, name: str, old: Saved, declared: Declared, killed: bool, *, first: bool
    ) -> None:
        inputs = await self._check(urn, declared, None)
        if self.dry:
            self.operations.append(f"replace {name}")
            self.outputs[name] = Saved("", inputs, {})
            return
        if first:
            await self._delete(urn, old)
            del self.engine.state[urn]
        else:
            self.doomed.append((urn, old))
        await self._create(urn, name, inputs, killed)

    async def _check(self, urn: str, declared: Declared, old: Saved | None) -> Json:
        news = {key: self._resolve(value) for key, value in declared.inputs.items()}
        olds = encode(old.inputs) if old else encode({})
        request = provider_pb2.CheckRequest(urn=urn, olds=olds, news=encode(news))
        answer = await self.plugin.Check(request, Call())
        if answer.failures:
            raise Failed("; ".join(failure.reason for failure in answer.failures))
        return decode(answer.inputs)

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, Ref):
            saved = self.outputs[value.resource]
            found = saved.id if value.output == "id" else saved.outputs.get(value.output)
            return found if found not in ("", None) else UNKNOWN
        if isinstance(value, Mapping):
            return {key: self._resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        return value

    async def _create(self, urn: str, name: str, inputs: Json, killed: bool) -> None:
        self.operations.append(f"create {name}")
        request = provider_pb2.CreateRequest(
            urn=urn,
            properties=encode(inputs),
            preview=self.dry,
            timeout=self.engine.timeout,
        )
        try:
            answer = await self.plugin.Create(request, Call())
        except Failed as failure:
            if failure.partial:
                self.engine.state[urn] = failure.partial
            raise
        if killed:
            raise Killed
        saved = Saved(answer.id, inputs, decode(answer.properties))
        self.outputs[name] = saved
        if not self.dry:
            self.engine.state[urn] = saved

    async def _update(self, urn: str, name: str, old: Saved, inputs: Json, killed: bool) -> None:
        self.operations.append(f"update {name}")
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=urn,
            olds=encode(old.outputs),
            old_inputs=encode(old.inputs),
            news=encode(inputs),
            preview=self.dry,
            timeout=self.engine.timeout,
        )
        try:
            answer = await self.plugin.Update(request, Call())
        except Failed as failure:
            if failure.partial:  # the engine keeps the old inputs and takes the new outputs
                outputs = failure.partial.outputs
                self.engine.state[urn] = Saved(old.id, old.inputs, outputs, unfinished=True)
            raise
        if killed:
            raise Killed
        saved = Saved(old.id, inputs, decode(answer.properties))
        self.outputs[name] = saved
        if not self.dry:
            self.engine.state[urn] = saved

    async def delete_leftovers(self) -> None:
        declared = {item.urn(name) for name, item in self.program.items()}
        leftovers = [(u, s) for u, s in self.engine.state.items() if u not in declared]
        for urn, saved in [*self.doomed, *reversed(leftovers)]:
            await self._delete(urn, saved)
            if self.engine.state.get(urn) is saved:
                del self.engine.state[urn]

    async def _delete(self, urn: str, saved: Saved) -> None:
        self.operations.append(f"delete {urn.rpartition('::')[2]}")
        request = provider_pb2.DeleteRequest(
            id=saved.id,
            urn=urn,
            properties=encode(saved.outputs),
            old_inputs=encode(saved.inputs),
        )
        await self.plugin.Delete(request, Call())
