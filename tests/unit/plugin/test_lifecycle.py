"""The life of a resource between engine and controller: secrets, guards, partial failure."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from stackwright.errors import Refused, UserInput
from stackwright.plugin.lifecycle import META, Entry, Lifecycle, PartialFailure, explain
from stackwright.resource import Unfinished
from stackwright.values import UNKNOWN, Secret
from tests.unit.plugin.shop import URN, ThingController, session

INPUTS = {"name": "a", "size": 1, "values": {"A": Secret("x"), "B": "y"}, "hidden": Secret("z")}


@pytest.fixture
def thing() -> ThingController:
    return ThingController()


@pytest.fixture
def life(thing: ThingController) -> Lifecycle:
    return Lifecycle(thing, session())


def made(life: Lifecycle, **changes: Any) -> Entry:
    return asyncio.run(life.create(URN, {**INPUTS, **changes}))


def diff(life: Lifecycle, entry: Entry, **changes: Any) -> Any:
    return asyncio.run(life.diff(URN, entry, {**entry.inputs, **changes}))


def test_check_fills_defaults_and_wraps_what_is_always_secret(life: Lifecycle) -> None:
    inputs, problems = life.check({"name": "a", "hidden": "z"})
    assert inputs == {"name": "a", "size": 1, "hidden": Secret("z")}
    assert problems == []


def test_check_asks_for_the_rules_only_when_the_types_are_right(life: Lifecycle) -> None:
    assert [p.path for p in life.check({"name": "a", "size": -1})[1]] == ["size"]
    assert [p.path for p in life.check({"name": 1, "size": -1})[1]] == ["name"]
    assert life.check({"name": UNKNOWN, "size": UNKNOWN})[1] == []


def test_a_controller_sees_plain_values_and_state_gets_wrapped_ones(
    life: Lifecycle, thing: ThingController
) -> None:
    entry = made(life)
    assert thing.asked[0]["values"] == {"A": "x", "B": "y"}
    assert entry.outputs["values"] == INPUTS["values"]
    assert entry.outputs["key"] == Secret("key-1")
    assert entry.outputs[META] == {"schema": 2, "account": "acct-1"}


def test_a_diff_names_each_leaf_and_what_replaces(life: Lifecycle) -> None:
    entry = made(life)
    plan = diff(life, entry, values={"A": Secret("new"), "B": "y"}, name="b")
    assert [change.path for change in plan.changes] == ["name", "values.A"]
    assert plan.replaced_by == {"name"}


def test_a_field_that_is_undiffed_is_no_reason_to_update(life: Lifecycle) -> None:
    assert diff(life, made(life), patience=1.0).changes == []


def test_what_is_outstanding_is_an_update_without_a_changed_input(
    life: Lifecycle, thing: ThingController
) -> None:
    entry = made(life)
    assert diff(life, entry).changes == []
    thing.due = ["values"]
    assert [change.path for change in diff(life, entry).changes] == ["values"]


def test_a_preview_leaves_out_what_will_be_fresh(life: Lifecycle) -> None:
    assert "url" not in asyncio.run(life.preview(URN, None, INPUTS))
    known = asyncio.run(life.preview(URN, made(life), INPUTS))
    assert known["url"] == "u"
    assert known["key"] == Secret("key-1")
    assert "revision" not in known


def test_an_object_that_exists_keeps_its_id_whatever_goes_wrong(
    life: Lifecycle, thing: ThingController
) -> None:
    thing.fails = KeyError("password")
    with pytest.raises(PartialFailure) as caught:
        made(life)
    assert caught.value.entry.id == "a"
    assert "internal error in stackwright: KeyError in converge" in caught.value.reasons[0]
    assert "password" not in caught.value.reasons[0]


def test_what_failed_before_there_was_an_id_is_no_partial_failure(
    life: Lifecycle, thing: ThingController
) -> None:
    thing.fails, thing.made = UserInput("not now"), False
    with pytest.raises(UserInput):
        made(life)


def test_unfinished_keeps_the_state_that_it_brings(life: Lifecycle, thing: ThingController) -> None:
    thing.fails = Unfinished({"id": "a", "revision": "r0", "key": "k"}, "not yet", "nor this")
    with pytest.raises(PartialFailure) as caught:
        made(life)
    assert caught.value.entry.outputs["revision"] == "r0"
    assert caught.value.entry.outputs["key"] == Secret("k")
    assert caught.value.reasons == ("not yet", "nor this")


def test_a_refresh_wraps_what_was_wrapped_and_tells_drift(
    life: Lifecycle, thing: ThingController
) -> None:
    entry = made(life)
    thing.held["a"] = {"name": "a", "size": 2, "values": {"A": "by hand", "B": "y"}}
    found = asyncio.run(life.read(URN, entry))
    assert found is not None
    assert found.inputs["size"] == 2
    assert found.inputs["values"] == {"A": Secret("by hand"), "B": "y"}
    assert found.inputs["hidden"] == Secret("z")
    assert found.outputs["key"] == Secret("key-2")


def test_a_refresh_leaves_the_owner_that_an_entry_holds(life: Lifecycle) -> None:
    found = asyncio.run(life.read(URN, made(life)))
    assert found is not None
    assert found.outputs["owner"] == "held"


def test_a_refresh_ignores_what_the_program_never_set(
    life: Lifecycle, thing: ThingController
) -> None:
    entry = asyncio.run(life.create(URN, {"name": "a"}))
    thing.held["a"] = {"name": "a", "size": 7}
    found = asyncio.run(life.read(URN, entry))
    assert found is not None
    assert found.inputs == {"name": "a"}


def test_an_import_takes_all_that_is_set_and_the_owner_that_stands(
    life: Lifecycle, thing: ThingController
) -> None:
    thing.held["a"] = {"name": "a", "size": 3, "values": {}, "hidden": "z"}
    found = asyncio.run(life.read(URN, Entry("a", {})))
    assert found is not None
    assert found.inputs == {"name": "a", "size": 3, "hidden": Secret("z")}
    assert found.outputs["owner"] == "found"


def test_what_is_gone_reads_as_nothing(life: Lifecycle, thing: ThingController) -> None:
    entry = made(life)
    thing.held.clear()
    assert asyncio.run(life.read(URN, entry)) is None


@pytest.mark.parametrize("act", ["diff", "preview", "update", "delete", "read"])
@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"schema": 2, "account": "acct-2"}, "was made in account acct-2"),
        ({"schema": 3, "account": "acct-1"}, "written by a newer version of stackwright"),
    ],
)
def test_state_of_another_account_or_a_newer_version_is_never_acted_upon(
    life: Lifecycle, thing: ThingController, act: str, meta: dict[str, Any], words: str
) -> None:
    entry = made(life)
    entry.outputs[META] = meta
    acts: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "diff": lambda: life.diff(URN, entry, INPUTS),
        "preview": lambda: life.preview(URN, entry, INPUTS),
        "update": lambda: life.update(URN, entry, INPUTS),
        "delete": lambda: life.delete(URN, entry),
        "read": lambda: life.read(URN, entry),
    }
    with pytest.raises(Refused, match=words):
        asyncio.run(acts[act]())
    assert thing.asked == [{"name": "a", "size": 1, "values": {"A": "x", "B": "y"}, "hidden": "z"}]
    assert "a" in thing.held


def test_a_users_mistake_is_told_as_it_is_and_ours_without_any_value() -> None:
    assert explain(UserInput("do this")) == "do this"
    text = explain(ValueError("sk_live_1"))
    assert text.startswith("internal error in stackwright: ValueError in ")
    assert "sk_live" not in text
