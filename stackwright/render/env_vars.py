"""The environment variables that a program sets on a Render service.

Vendor page: https://api-docs.render.com/reference/update-env-vars-for-service. The vendor's call
replaces the whole set, so every write is merged with what is there: variables that are not ours
stay and are listed. Nothing takes effect before the next deploy: pass `revision` to `Deploy`.
Removing takes our keys away.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Unpack

import pulumi
from typing_extensions import TypedDict

from stackwright import ownership, preflight
from stackwright.context import Reading, Writing
from stackwright.errors import NotFound, Refused
from stackwright.render import marks, public_variables, revision
from stackwright.resource import Controller, Observed, Resource
from stackwright.schema import Input, Problem, doc, fresh, replaces, undiffed
from stackwright.values import Json, Secret


class EnvVarsInputs(TypedDict):
    """Names and values. Give secret values as secret outputs."""

    service: Input[Annotated[str, replaces, doc("The service's id.")]]
    values: Input[Annotated[Mapping[str, Input[str]], doc("Name to value.")]]
    adopt: NotRequired[Input[Annotated[bool, undiffed, doc("Overwrite values set elsewhere.")]]]


class EnvVarsOutputs(TypedDict):
    """`revision` is new after every change; `unmanaged` names the variables of others."""

    revision: Annotated[str, fresh]
    unmanaged: list[str]
    owner: str


class EnvVarsController(Controller):
    """One set a service, fenced by a tag of its own."""

    token = "stackwright:render:EnvVars"
    inputs = EnvVarsInputs
    outputs = EnvVarsOutputs
    vendor = "render"
    unique_name = True

    def identity(self, inputs: Mapping[str, Any]) -> str | None:
        return f"the variables of Render service {inputs['service']}"

    def problems(self, inputs: Mapping[str, Any]) -> Iterable[Problem]:
        values = inputs.get("values", {})
        for name in values:
            if name in marks.RESERVED:
                yield Problem(f"values.{name}", "is reserved for stackwright's own mark")
            elif not name or "=" in name or name != name.strip():
                yield Problem(f"values.{name}", "is no name of an environment variable")
        yield from public_variables.problems("values", values)

    async def observe(self, context: Reading, state: Json) -> Observed | None:
        found = await _variables(context, state["id"])
        if found is None:
            return None
        if "values" in state:
            values = {key: found[key] for key in state["values"] if key in found}
        else:
            values = _imported(found)
        if not values and marks.VARIABLES_OWNER not in found:
            return None
        outputs = {
            "id": state["id"],
            "owner": found.get(marks.VARIABLES_OWNER, ""),
            "unmanaged": _unmanaged(found, values),
        }
        return Observed({"service": state["id"], "values": values}, outputs)

    async def converge(self, context: Writing, inputs: Json, state: Json | None) -> Json:
        service, values = inputs["service"], inputs["values"]
        found = await _variables(context, service)
        if found is None:
            raise Refused(f"Render service {service} is gone. Run `pulumi up --refresh`.")
        tag = found.get(marks.VARIABLES_OWNER)
        owner = ownership.claim(
            tag,
            ownership.held(state),
            context.stack,
            exists=tag is not None or bool(_foreign(found, values)),
            adopt=inputs.get("adopt", False),
            what=_what(service, _foreign(found, values)),
        )
        ours = (state or {}).get("values", {})
        if state and (strange := _foreign(found, _without(values, ours))):
            what = _what(service, strange)
            ownership.admit(None, context.stack, adopt=inputs.get("adopt", False), what=what)
        gone = {key for key in ours if key not in values}
        kept = {key: value for key, value in found.items() if key not in gone}
        wanted = {**kept, **values, marks.VARIABLES_OWNER: owner}
        if wanted != found:
            await context.render.put_env_vars(service, wanted)
        return {
            "id": service,
            "owner": owner,
            "unmanaged": _unmanaged(wanted, values),
            "revision": await revision.of_service(context, service),
        }

    async def remove(self, context: Writing, state: Json) -> None:
        found = await _variables(context, state["id"])
        if found is None:
            return
        if ownership.is_stale(found.get(marks.VARIABLES_OWNER), state.get("owner")):
            await context.log("these variables have another owner now; they stay")
            return
        ours = {*state["values"], marks.VARIABLES_OWNER}
        kept = {key: value for key, value in found.items() if key not in ours}
        if kept != found:
            await context.render.put_env_vars(state["id"], kept)


async def _variables(context: Reading, service: str) -> dict[str, str] | None:
    try:
        return await context.render.env_vars(service)
    except NotFound:
        return None


def _imported(found: Mapping[str, str]) -> Json:
    """All of them, when nobody has said yet which are ours; private values stay secret."""
    return {
        key: value if public_variables.is_public(key) else Secret(value)
        for key, value in found.items()
        if key not in marks.RESERVED
    }


def _foreign(found: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    """Keys that somebody else has set to something else."""
    return sorted(key for key, value in values.items() if found.get(key, value) != value)


def _without(values: Mapping[str, str], ours: Iterable[str]) -> dict[str, str]:
    """What is new in the program: it may be somebody else's."""
    return {key: value for key, value in values.items() if key not in set(ours)}


def _what(service: str, foreign: list[str]) -> str:
    keys = f" ({', '.join(foreign)})" if foreign else ""
    return f"a set of variables{keys} of Render service {service}"


def _unmanaged(found: Mapping[str, str], ours: Iterable[str]) -> list[str]:
    return sorted(found.keys() - set(ours) - marks.RESERVED)


class EnvVars(Resource):
    """Variables of a Render service.

    render.EnvVars("env", service=service.id, values={"VITE_APP_ENV": "staging"})
    """

    revision: pulumi.Output[str]
    unmanaged: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[EnvVarsInputs],
    ) -> None:
        values = inputs["values"]
        if isinstance(values, Mapping):
            inputs["values"] = {
                name: self._public(resource_name, name, value) for name, value in values.items()
            }
        super().__init__(EnvVarsController(), resource_name, inputs, opts)

    @staticmethod
    def _public(resource: str, name: str, value: Input[str]) -> Input[str]:
        """A public variable refuses an output that is secret, whatever it holds."""
        if not public_variables.is_public(name):
            return value
        advice = f"holds a secret that {public_variables.ADVICE}"
        return preflight.public(value, f"EnvVars '{resource}': values.{name}", advice)
