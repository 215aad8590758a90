"""All mistakes of a program at once, before anything is registered."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired

import pulumi
import pytest
from pydantic import Field, SecretStr
from typing_extensions import TypedDict

from stackwright import preflight
from stackwright.errors import UserInput
from stackwright.schema import Input, Problem
from stackwright.settings import StackSettings
from stackwright.values import UNKNOWN


class Stopped(BaseException):
    """The process would have ended here; `args[0]` are the problems."""


class Inputs(TypedDict):
    name: Input[str]
    values: NotRequired[Input[Annotated[Mapping[str, Input[str]], "values"]]]


class Settings(StackSettings):
    """A stack of a shop."""

    ref: str = Field(description="the project's ref", pattern="^[a-z]+$")
    key: SecretStr = Field(description="the key", validation_alias="STACKWRIGHT_TEST_KEY")


def rules(inputs: Mapping[str, Any]) -> Iterable[Problem]:
    if "bad" in inputs.get("values", {}):
        yield Problem("values.bad", "is bad")


def check(resource: str, /, **inputs: Any) -> None:
    preflight.check("stackwright:shop:Thing", resource, Inputs, inputs, rules)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(problems: list[str]) -> None:
        raise Stopped(problems)

    monkeypatch.setattr(preflight, "stop", stop)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REF", "abc")
    monkeypatch.setenv("STACKWRIGHT_TEST_KEY", "k")


def problems(caught: pytest.ExceptionInfo[Stopped]) -> list[str]:
    return list(caught.value.args[0])


def found(block: Callable[[], object]) -> list[str]:
    """What a program with this block says before it ends."""
    with pytest.raises(Stopped) as caught, preflight.program(Settings):
        block()
    return problems(caught)


@pytest.mark.usefixtures("told", "configured")
def test_a_program_without_mistakes_goes_on() -> None:
    with preflight.program(Settings) as settings:
        check("one", name="x", values={"a": UNKNOWN})
    assert settings.ref == "abc"


@pytest.mark.usefixtures("told", "configured")
def test_every_mistake_of_every_resource_is_told_by_kind_name_and_path() -> None:
    def block() -> None:
        check("one", nmae="x")
        check("two", name="x", values={"bad": pulumi.Output.from_input("?")})

    async def scene() -> list[str]:  # an output needs a running loop
        return found(block)

    assert asyncio.run(scene()) == [
        "Thing 'one': nmae: unknown input; the inputs are name, values",
        "Thing 'one': name: is required and was not given",
        "Thing 'two': values.bad: is bad",
    ]


@pytest.mark.usefixtures("told")
def test_all_missing_and_wrong_settings_are_told_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REF", "NOT-A-REF")
    monkeypatch.delenv("STACKWRIGHT_TEST_KEY", raising=False)
    wrong, missing = found(lambda: pytest.fail("the block must not run"))
    assert wrong.startswith("setting ref (the project's ref): String should match pattern")
    assert "NOT-A-REF" not in wrong
    assert "setting key (the key) is missing: run `pulumi config set --secret" in missing
    assert missing.endswith("or export STACKWRIGHT_TEST_KEY")


@pytest.mark.usefixtures("told", "configured")
def test_a_users_mistake_inside_the_block_is_told_with_what_was_found_before_it() -> None:
    def block() -> None:
        check("one", nmae="x", name="y")
        raise UserInput("function pay has no file")

    assert found(block)[1:] == ["program: function pay has no file"]


@pytest.mark.usefixtures("told", "configured")
def test_a_missing_file_is_told_by_its_name() -> None:
    assert found(lambda: Path("not-there.csv").read_text()) == [
        "program: there is no file not-there.csv; create it or correct the path"
    ]


@pytest.mark.usefixtures("told", "configured")
def test_any_other_exception_ends_the_program_too_and_shows_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def block() -> None:
        check("one", nmae="x", name="y")
        _ = 1 // 0

    assert found(block)[1:] == ["program: raised ZeroDivisionError; the traceback tells where"]
    assert "_ = 1 // 0" in capsys.readouterr().err


def test_outside_of_a_block_a_mistake_is_raised() -> None:
    with pytest.raises(UserInput, match=r"Thing 'one': values\.bad: is bad"):
        check("one", name="x", values={"bad": "x"})


def test_stopping_prints_every_problem_and_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    stop: Callable[[list[str]], None] = preflight.stop
    stop(["one: is wrong", "two: is wrong"])
    assert codes == [1]
    assert capsys.readouterr().err == (
        "2 problems in the program, nothing was changed:\n  * one: is wrong\n  * two: is wrong\n"
    )


@pytest.mark.usefixtures("told", "configured")
def test_a_secret_output_of_ours_is_refused_where_everybody_reads() -> None:
    async def scene() -> None:
        output = pulumi.Output.from_input("whsec_1")
        with preflight.program(Settings):
            preflight.declare([output])
            preflight.public(output, "EnvVars 'env': values.VITE_X", "holds a secret")

    with pytest.raises(Stopped) as caught:
        asyncio.run(scene())
    assert problems(caught) == ["EnvVars 'env': values.VITE_X: holds a secret"]


@pytest.mark.usefixtures("told")
def test_an_output_that_turns_out_to_be_secret_ends_the_program() -> None:
    async def scene(value: Any) -> Any:
        checked = preflight.public(value, "EnvVars 'env': values.VITE_X", "holds a secret")
        assert isinstance(checked, pulumi.Output)
        return await checked.future()

    async def plain() -> Any:
        return await scene(pulumi.Output.from_input("pk_test_1"))

    async def secret() -> Any:
        return await scene(pulumi.Output.secret("whsec_1"))

    assert asyncio.run(plain()) == "pk_test_1"
    with pytest.raises(Stopped) as caught:
        asyncio.run(secret())
    assert problems(caught) == ["EnvVars 'env': values.VITE_X: holds a secret"]


def test_a_plain_value_is_let_through_as_it_is() -> None:
    assert preflight.public("pk_test_1", "here", "advice") == "pk_test_1"
