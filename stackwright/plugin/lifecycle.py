"""The life of one resource, apart from the engine's wire: check, diff, create, read, update,
delete over a `Controller`. Wrapped values go in and come out; controllers see plain ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackwright import schema
from stackwright.context import Reading, Session, Writing
from stackwright.errors import Refused, StackwrightError
from stackwright.resource import Controller, Observed, Unfinished
from stackwright.schema import Problem
from stackwright.values import (
    UNKNOWN,
    Change,
    Json,
    Secret,
    differences,
    has_unknown,
    reveal,
    walk,
    wrap_like,
)

META = "stackwright"
"""The output that carries `schema` (version of the outputs) and `account`."""


@dataclass(frozen=True)
class Plan:
    """The answer of a diff."""

    changes: list[Change] = field(default_factory=list)
    replaced_by: set[str] = field(default_factory=set)
    delete_first: bool = False


@dataclass(frozen=True)
class Entry:
    """A resource as state keeps it: id, and wrapped inputs and outputs."""

    id: str
    outputs: Json
    inputs: Json = field(default_factory=dict)


class PartialFailure(Exception):
    """The object exists but is not as asked; the entry is saved with the reasons."""

    def __init__(self, entry: Entry, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.entry = entry
        self.reasons = reasons


class Lifecycle:
    """One kind in one session."""

    def __init__(self, controller: Controller, session: Session) -> None:
        self.controller = controller
        self.session = session

    # -- before anything happens ---------------------------------------------------------

    def check(self, news: Json) -> tuple[Json, list[Problem]]:
        """Inputs with their defaults, and what is wrong with them."""
        inputs = schema.with_defaults(self.controller.inputs, news)
        found = schema.problems(self.controller.inputs, inputs)
        if not found:
            found = list(self.controller.problems(schema.settled(inputs)))
        return self._wrap_declared(inputs), found

    async def diff(self, urn: str, entry: Entry, news: Json) -> Plan:
        """What differs between the inputs in state and the ones in the program."""
        self._guard(entry, news)
        declared = schema.fields(self.controller.inputs)
        silent = {name for name, item in declared.items() if item.has(schema.undiffed)}
        changes = [c for c in differences(entry.inputs, news) if c.field not in silent]
        touched = {change.field for change in changes}
        old, new = reveal(entry.inputs), reveal(news)
        replaced_by = self.controller.replaced_by(old, new) & touched
        if not changes and not has_unknown(news):
            changes = await self._outstanding(urn, new, entry)
        return Plan(changes, replaced_by, self.controller.unique_name)

    async def _outstanding(self, urn: str, inputs: Json, entry: Entry) -> list[Change]:
        reading = self.session.reading(urn)
        names = await self.controller.outstanding(reading, inputs, self._state(entry))
        return [Change(name, "update") for name in names]

    async def preview(self, urn: str, entry: Entry | None, news: Json) -> Json:
        """Outputs as far as a preview can know them; those left out are unknown."""
        state = self._state(entry) if entry else None
        if entry:
            self._guard(entry, news)
            await self._tell_drift(urn, entry)
        known = await self.controller.preview(self.session.reading(urn), reveal(news), state)
        known.pop("id", None)
        return {**news, **self._wrap_declared(known, outputs=True)}

    async def _tell_drift(self, urn: str, entry: Entry) -> None:
        """What else an update will set back: plain previews trust state, this one has to write."""
        reading = self.session.reading(urn)
        observed = await self.controller.observe(reading, self._state(entry))
        if observed is None:
            await reading.warn(f"{entry.id} is gone; run `pulumi up --refresh`")
            return
        found = self._observed_inputs(observed, entry)
        paths = [change.path for change in differences(entry.inputs, found)]
        if paths:
            await reading.log(f"changed outside, will be set back: {', '.join(paths)}")

    # -- for real --------------------------------------------------------------------------

    async def create(self, urn: str, news: Json, timeout: float | None = None) -> Entry:
        return await self._converge(urn, news, None, timeout)

    async def update(
        self, urn: str, entry: Entry, news: Json, timeout: float | None = None
    ) -> Entry:
        self._guard(entry, news)
        return await self._converge(urn, news, entry, timeout)

    async def delete(self, urn: str, entry: Entry, timeout: float | None = None) -> None:
        self._guard(entry, entry.inputs)
        writing = self.session.writing(urn, timeout)
        await self.controller.remove(writing, self._state(entry))

    async def read(self, urn: str, entry: Entry) -> Entry | None:
        """What the vendor holds, in the words of the program; None when it is gone."""
        self._guard(entry, entry.inputs)
        reading = self.session.reading(urn)
        observed = await self.controller.observe(reading, self._state(entry))
        if observed is None:
            return None
        inputs = self._observed_inputs(observed, entry)
        own = self._own_outputs(entry)
        # The owner that an entry holds is its own: a stale one that learnt the new owner in a
        # refresh would delete what another entry lives on.
        held = {"owner": own["owner"]} if own.get("owner") else {}
        return self._entry(inputs, {**own, **observed.state, **held})

    async def _converge(
        self, urn: str, news: Json, entry: Entry | None, timeout: float | None
    ) -> Entry:
        writing = self.session.writing(urn, timeout)
        state = self._state(entry) if entry else None
        try:
            outputs = await self.controller.converge(writing, reveal(news), state)
        except Unfinished as error:
            raise PartialFailure(self._entry(news, error.state), error.reasons) from None
        except Exception as error:
            self._keep_what_was_made(writing, news, error)
            raise
        return self._entry(news, outputs)

    def _keep_what_was_made(self, writing: Writing, news: Json, error: Exception) -> None:
        """Whatever went wrong after there was an id: the id must reach the state."""
        if writing.so_far is not None:
            entry = self._entry(news, writing.so_far)
            raise PartialFailure(entry, (explain(error),)) from None

    # -- state -----------------------------------------------------------------------------

    def _state(self, entry: Entry) -> Json:
        return {**reveal(entry.inputs), **reveal(entry.outputs), "id": entry.id}

    def _own_outputs(self, entry: Entry) -> Json:
        own = schema.fields(self.controller.outputs)
        return {k: v for k, v in reveal(entry.outputs).items() if k in own}

    def _entry(self, inputs: Json, outputs: Json) -> Entry:
        plain = dict(outputs)
        identifier = str(plain.pop("id"))
        account = self.controller.account(self.session.accounts, {**reveal(inputs), **plain})
        meta = {"schema": self.controller.schema, "account": account}
        wrapped = self._wrap_declared(plain, outputs=True)
        return Entry(identifier, {**inputs, **wrapped, META: meta}, inputs)

    def _observed_inputs(self, observed: Observed, entry: Entry) -> Json:
        """Managed inputs only: what the user never set is the vendor's business.

        In an import nothing is managed yet; then all that the vendor has set counts.
        """
        managed = entry.inputs or schema.with_defaults(
            self.controller.inputs, self._filled(observed.inputs)
        )
        kept = {k: v for k, v in observed.inputs.items() if k in managed and v is not None}
        silent = {k: v for k, v in managed.items() if k not in observed.inputs}
        return self._wrap_declared(wrap_like({**silent, **kept}, entry.inputs))

    def _filled(self, values: Json) -> Json:
        """What an import takes over: required inputs, and others that hold something."""
        declared = schema.fields(self.controller.inputs)
        empty: tuple[Any, ...] = ("", [], {}, None)
        required = {name for name, item in declared.items() if item.required}
        return {k: v for k, v in values.items() if k in required or v not in empty}

    def _wrap_declared(self, values: Json, *, outputs: bool = False) -> Json:
        declaration = self.controller.outputs if outputs else self.controller.inputs
        declared = schema.fields(declaration)
        hidden = {name for name, item in declared.items() if item.has(schema.secret)}
        return {k: _wrapped(v) if k in hidden else v for k, v in values.items()}

    # -- guards ----------------------------------------------------------------------------

    def _guard(self, entry: Entry, news: Mapping[str, Any]) -> None:
        """State of another account or of a newer plugin is never acted upon."""
        meta = reveal(entry.outputs.get(META)) or {}
        if meta.get("schema", 0) > self.controller.schema:
            raise Refused(
                f"the state of {entry.id} was written by a newer version of stackwright. "
                "Upgrade before you go on."
            )
        values = {**reveal(dict(news)), **reveal(entry.inputs)}
        account = self.controller.account(self.session.accounts, _without_unknown(values))
        if meta.get("account") and account and meta["account"] != account:
            raise Refused(
                f"{entry.id} was made in account {meta['account']}, but the credentials of this "
                f"run belong to {account}. Use the right credentials, or another stack."
            )


def explain(error: BaseException) -> str:
    """A sentence for the user; our own mistakes name their kind and place, never a value."""
    if isinstance(error, StackwrightError):
        return str(error)
    place = "unknown place"
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        place = (
            f"{code.co_name} ({code.co_filename.rpartition('stackwright/')[2]}:{trace.tb_lineno})"
        )
        trace = trace.tb_next
    return f"internal error in stackwright: {type(error).__name__} in {place}; please report it"


def _wrapped(value: Any) -> Any:
    return value if isinstance(value, Secret) or value is UNKNOWN else Secret(value)


def _without_unknown(values: Json) -> Json:
    return {k: walk(v, lambda leaf: None if leaf is UNKNOWN else leaf) for k, v in values.items()}


__all__ = ["Entry", "Lifecycle", "PartialFailure", "Plan", "Reading", "explain"]
