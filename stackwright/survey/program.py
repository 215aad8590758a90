"""What a program declares, told by the program itself: no engine, no vendor, nothing written.

The program runs in a process of its own against Pulumi's mocks, which note each resource instead
of registering it. So what is declared is known before the first `up`, and of a project that does
not exist yet. Values stay behind: of `values` and of secret inputs only the names come back.
"""

import asyncio
import json
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackwright import schema
from stackwright.errors import UserInput
from stackwright.stack import Resource
from stackwright.values import Json

NAMES_ONLY = "values"
_MINE = (str, bool, int, float)


def declared(
    folder: Path, project: str, stack: str, environment: Mapping[str, str]
) -> list[Resource]:
    """The resources of the program in `folder`; raises `UserInput` with the program's own words.

    `environment` holds the stack's configuration in `PULUMI_CONFIG`. An id is the logical name.
    """
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "declared.json"
        command = [sys.executable, "-m", "stackwright.survey.program", project, stack, str(answer)]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserInput(f"the program does not say what it declares: {done.stderr.strip()}")
        return [Resource(**one) for one in json.loads(answer.read_text())]


def main(project: str, stack: str, answer: str) -> None:
    """Run the program of the working folder and write what it declares to the file `answer`."""
    sys.path.insert(0, str(Path.cwd()))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    found = loop.run_until_complete(_noted(project, stack))
    Path(answer).write_text(json.dumps(found))


async def _noted(project: str, stack: str) -> list[Json]:
    import pulumi
    from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
    from pulumi.runtime.stack import run_pulumi_func

    found: list[Json] = []

    class Notebook(Mocks):
        """Writes resources down; all their outputs but the id are unknown, as in a preview."""

        def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[Any, Any]]:
            inputs = _open(args.typ, args.inputs)
            found.append(
                {
                    "urn": f"urn:pulumi:{stack}::{project}::{args.typ}::{args.name}",
                    "type": args.typ,
                    "id": inputs.get("ref") or args.name,
                    "inputs": inputs,
                    "outputs": {},
                }
            )
            return args.name, {}

        def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], None]:
            return {}, None

    def run() -> None:
        runpy.run_path("__main__.py", run_name="__main__")

    pulumi.runtime.set_mocks(Notebook(), project, stack, preview=True)
    await run_pulumi_func(run)
    return found


def _open(token: str, inputs: Mapping[str, Any]) -> Json:
    """What anybody may see of a resource's inputs."""
    hidden = _secret_inputs(token)
    shown = {name: _plain(value) for name, value in inputs.items() if name not in hidden}
    if NAMES_ONLY in inputs:
        shown[NAMES_ONLY] = dict.fromkeys(_inside(inputs[NAMES_ONLY]))
    return shown


def _secret_inputs(token: str) -> set[str]:
    from stackwright.plugin.registry import controllers

    kind = controllers().get(token)
    fields = schema.fields(kind.inputs).values() if kind else ()
    return {field.name for field in fields if field.has(schema.secret)}


def _inside(value: Any) -> Any:
    """A secret arrives as `{signature: ..., value: ...}`."""
    from pulumi.runtime.rpc import _special_sig_key

    return value["value"] if _special_sig_key in value else value


def _plain(value: Any) -> Any:
    """Plain data; what is unknown or secret is None."""
    from pulumi.runtime.rpc import _special_sig_key

    if isinstance(value, Mapping):
        hidden = _special_sig_key in value
        return None if hidden else {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, _MINE) else None


if __name__ == "__main__":
    main(*sys.argv[1:])
