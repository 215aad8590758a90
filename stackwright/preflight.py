"""A program whose mistakes are all shown before anything happens.

The engine shows the failed checks of one resource only, and still creates what was registered
before a program raised. So a program is written inside one block:

    with stackwright.program(Settings) as settings:
        ...resources...

Constructors collect what is wrong with their inputs; leaving the block prints all of it and
ends the process before the engine has heard of a single resource.
See docs/decisions/0002-validation.md.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import pulumi
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from stackwright import schema
from stackwright.errors import StackwrightError, UserInput
from stackwright.schema import Problem
from stackwright.settings import names
from stackwright.values import UNKNOWN

S = TypeVar("S", bound=BaseSettings)


class Findings:
    """What the constructors of one program have found so far."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.secret_outputs: set[int] = set()
        self.kept: list[object] = []  # outputs are compared by identity: they must stay alive

    def add(self, where: str, problem: Problem | str) -> None:
        self.problems.append(f"{where}: {problem}")


_current: Findings | None = None


@contextmanager
def program(settings: type[S]) -> Iterator[S]:
    """Read the settings, run the block, and report everything that is wrong with either."""
    global _current  # noqa: PLW0603 - a process runs one program
    _current = findings = Findings()
    try:
        yield _read(settings)
    except (StackwrightError, FileNotFoundError) as error:
        findings.add("program", _sentence(error))
    except Exception as error:  # noqa: BLE001 - what was registered until here would be created
        traceback.print_exc()
        findings.add("program", f"raised {type(error).__name__}; the traceback tells where")
    finally:
        _current = None
    if findings.problems:
        stop(findings.problems)


def _sentence(error: StackwrightError | FileNotFoundError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {error.filename}; create it or correct the path"
    return str(error)


def _read(settings: type[S]) -> S:
    try:
        return settings()
    except ValidationError as error:
        stop([_setting(settings, item) for item in error.errors(include_input=False)])


def _setting(settings: type[BaseSettings], item: Any) -> str:
    name, declared = _field(settings, str(item["loc"][0]) if item["loc"] else "")
    about = f" ({declared.description})" if declared and declared.description else ""
    if item["type"] == "missing" and declared:
        places = list(names(declared, name))
        hidden = " --secret" if declared.annotation is SecretStr else ""
        return (
            f"setting {name}{about} is missing: run `pulumi config set{hidden} {places[0]} VALUE` "
            f"or export {places[-1]}"
        )
    words = item["msg"].removeprefix("Value error, ")
    return f"setting {name}{about}: {words}" if name else words


def _field(settings: type[BaseSettings], location: str) -> tuple[str, FieldInfo | None]:
    """The field behind the name in an error, which may be an alias."""
    for name, field in settings.model_fields.items():
        if location == name or location in names(field, name):
            return name, field
    return location, None


def stop(problems: list[str]) -> NoReturn:
    """Print the problems and end the process: no resource may be registered after this."""
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    lines = "".join(f"\n  * {problem}" for problem in problems)
    print(f"{count} in the program, nothing was changed:{lines}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(1)


def report(where: str, problem: str) -> None:
    """Add a finding of the program's own; outside a block it is raised."""
    if _current is None:
        raise UserInput(f"{where}: {problem}")
    _current.add(where, problem)


Rules = Callable[[Mapping[str, Any]], Iterable[Problem]]


def check(
    token: str, name: str, declaration: type, inputs: Mapping[str, Any], rules: Rules
) -> None:
    """Collect what is wrong with the inputs of a resource, as far as they are known now.

    `declaration`: the inputs' `TypedDict`; `rules`: those over several fields, asked only about
    inputs whose types are right.
    """
    known = schema.with_defaults(declaration, {k: _known(v) for k, v in inputs.items()})
    found = schema.problems(declaration, known)
    if not found:
        found = list(rules(schema.settled(known)))
    for problem in found:
        report(f"{token.rpartition(':')[2]} '{name}'", str(problem))


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    return UNKNOWN if isinstance(value, pulumi.Output) or asyncio.isfuture(value) else value


def declare(secret_outputs: Sequence[object]) -> None:
    """Remember the secret outputs of a resource, so that a leak of one is found at once."""
    if _current is not None:
        _current.secret_outputs.update(id(output) for output in secret_outputs)
        _current.kept.append(secret_outputs)


def is_secret_output(value: object) -> bool:
    """Whether `value` is an output that one of our resources declares as secret."""
    return _current is not None and id(value) in _current.secret_outputs


def public(value: pulumi.Input[str], where: str, advice: str) -> pulumi.Input[str]:
    """`value`, which will be readable by everybody: refuse it when it is a secret.

    What is known while the program runs is reported with everything else; a secret that only
    the engine's answer reveals ends the process as soon as it is seen, which is in the preview.
    """
    if is_secret_output(value):
        report(where, advice)
    if not isinstance(value, pulumi.Output):
        return value
    return pulumi.Output.from_input(_refuse_secret(value, where, advice))


async def _refuse_secret(value: "pulumi.Output[str]", where: str, advice: str) -> Any:
    if await value.is_secret():
        stop([f"{where}: {advice}"])
    return value
