"""The plugin's side of the protocol: failures, diffs, secrets, and what is declared twice."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from stackwright.clock import ManualClock
from stackwright.context import Interrupted
from stackwright.errors import UserInput
from stackwright.plugin import registry
from stackwright.plugin.servicer import Servicer
from stackwright.plugin.wire import decode, encode
from stackwright.resource import Controller
from stackwright.values import Secret
from tests.engine import Call, Failed
from tests.unit.plugin.shop import URN, ThingController

OTHER = URN.replace("::one", "::two")


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch) -> ThingController:
    kind = ThingController()
    known: dict[str, Controller] = {kind.token: kind}
    monkeypatch.setattr(registry, "controllers", lambda: known)
    return kind


@pytest.fixture
def plugin(thing: ThingController, tmp_path: Path) -> Servicer:
    return Servicer(environment={}, clock=ManualClock(), root=tmp_path)


def check(plugin: Servicer, urn: str = URN, **news: Any) -> Any:
    request = provider_pb2.CheckRequest(urn=urn, news=encode(news))
    return asyncio.run(plugin.Check(request, Call()))


def create(plugin: Servicer, **properties: Any) -> Any:
    request = provider_pb2.CreateRequest(urn=URN, properties=encode(properties))
    return asyncio.run(plugin.Create(request, Call()))


def diff(plugin: Servicer, old: dict[str, Any], new: dict[str, Any]) -> Any:
    request = provider_pb2.DiffRequest(
        id="a", urn=URN, olds=encode(old), old_inputs=encode(old), news=encode(new)
    )
    return asyncio.run(plugin.Diff(request, Call()))


def test_a_failed_check_names_no_property_because_the_engine_prints_its_value(
    plugin: Servicer,
) -> None:
    (failure,) = check(plugin, name="a", size="sk_live_1").failures
    assert failure.property == ""
    assert failure.reason == "size: input should be a valid integer"


def test_the_same_object_declared_twice_is_told_by_both_names(plugin: Servicer) -> None:
    assert not check(plugin, name="a").failures
    assert not check(plugin, name="a").failures
    assert not check(plugin, OTHER, name="b").failures
    (failure,) = check(plugin, OTHER, name="a").failures
    assert failure.reason == "the thing a is declared twice: here and as 'one'"


def test_a_created_object_is_answered_with_its_secrets_wrapped(plugin: Servicer) -> None:
    answer = create(plugin, name="a", values={"A": Secret("x")})
    assert answer.id == "a"
    outputs = decode(answer.properties)
    assert outputs["key"] == Secret("key-1")
    assert outputs["values"] == {"A": Secret("x")}


def test_a_partial_failure_brings_id_and_wrapped_state(
    plugin: Servicer, thing: ThingController
) -> None:
    thing.fails = UserInput("the door is shut")
    with pytest.raises(Failed, match="the door is shut") as caught:
        create(plugin, name="a")
    assert caught.value.partial is not None
    assert caught.value.partial.id == "a"
    assert caught.value.partial.outputs["key"] == Secret("key-1")


@pytest.mark.parametrize("made", [True, False])
def test_a_failure_never_repeats_a_secret_of_the_request(
    plugin: Servicer, thing: ThingController, made: bool
) -> None:
    thing.fails, thing.made = UserInput("no correct-horse here"), made
    with pytest.raises(Failed, match=r"no \.\.\. here"):
        create(plugin, name="a", values={"A": Secret("correct-horse")})


def test_any_other_failure_is_no_unknown_status_which_would_frighten_the_engine(
    plugin: Servicer, thing: ThingController
) -> None:
    codes: list[grpc.StatusCode] = []

    class Watching(Call):
        async def abort(self, code: grpc.StatusCode, text: str) -> None:
            codes.append(code)
            await super().abort(code, text)

    thing.fails, thing.made = KeyError("x"), False
    request = provider_pb2.CreateRequest(urn=URN, properties=encode({"name": "a"}))
    with pytest.raises(Failed, match="internal error"):
        asyncio.run(plugin.Create(request, Watching()))
    assert codes == [grpc.StatusCode.FAILED_PRECONDITION]


def test_a_diff_marks_only_the_replacing_leaves_as_such(plugin: Servicer) -> None:
    answer = diff(plugin, {"name": "a", "size": 1}, {"name": "b", "size": 2})
    kinds = {path: item.kind for path, item in answer.detailedDiff.items()}
    assert kinds == {
        "name": provider_pb2.PropertyDiff.UPDATE_REPLACE,
        "size": provider_pb2.PropertyDiff.UPDATE,
    }
    assert list(answer.replaces) == ["name"]
    assert not answer.deleteBeforeReplace


def test_a_diff_without_changes_says_so(plugin: Servicer) -> None:
    answer = diff(plugin, {"name": "a"}, {"name": "a"})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_changed_configuration_is_never_called_unchanged(plugin: Servicer) -> None:
    answer = asyncio.run(plugin.DiffConfig(provider_pb2.DiffRequest(), Call()))
    assert answer.changes != provider_pb2.DiffResponse.DIFF_NONE


def test_what_is_gone_is_read_as_an_empty_id(plugin: Servicer) -> None:
    request = provider_pb2.ReadRequest(id="gone", urn=URN)
    assert asyncio.run(plugin.Read(request, Call())).id == ""


def test_an_unknown_type_is_told_with_the_known_ones(plugin: Servicer) -> None:
    with pytest.raises(Failed, match=r"serves no resource stackwright:shop:Car; it serves .*Thing"):
        check(plugin, URN.replace("Thing", "Car"))


def test_the_type_of_a_resource_in_a_component_is_the_last_one(plugin: Servicer) -> None:
    assert not check(
        plugin, URN.replace("::stackwright", "::shop:Web$stackwright"), name="a"
    ).failures


def test_cancel_ends_a_wait_and_keeps_what_exists(plugin: Servicer) -> None:
    async def scene() -> None:
        await plugin.Cancel(empty_pb2.Empty(), Call())
        with pytest.raises(Interrupted, match="run `pulumi up` again"):
            await plugin._clock.sleep(1.0)

    asyncio.run(scene())
