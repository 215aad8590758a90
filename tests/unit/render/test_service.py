"""How our inputs become Render's, and which of them must be sent."""

from typing import Any

import pytest

from stackwright.render.service import (
    ServiceController,
    _body,
    _changed,
    _creation,
    _inputs,
    _kept_revision,
)

SITE = {"name": "shop", "type": "static_site", "repo": "r", "branch": "main", "build_command": "b"}
API = {**SITE, "type": "web_service", "start_command": "s", "runtime": "python", "plan": "free"}


def test_a_static_site_keeps_its_command_in_the_details() -> None:
    assert _body("static_site", {"name": "shop", "build_command": "b"}) == {
        "name": "shop",
        "serviceDetails": {"buildCommand": "b"},
    }


def test_a_web_service_keeps_its_commands_one_level_deeper() -> None:
    details = _body("web_service", {"build_command": "b", "plan": "free"})["serviceDetails"]
    assert details == {"plan": "free", "envSpecificDetails": {"buildCommand": "b"}}


def test_a_new_service_deploys_only_when_asked_and_bears_our_mark() -> None:
    body = _creation(SITE, "shop/dev#1")
    assert body["autoDeploy"] == "no"
    assert body["envVars"] == [{"key": "STACKWRIGHT_OWNER", "value": "shop/dev#1"}]


@pytest.mark.parametrize("inputs", [SITE, API])
def test_what_render_answers_reads_as_what_was_sent(inputs: dict[str, Any]) -> None:
    answer = {**_creation(inputs, "x"), "id": "srv-1"}
    read = {name: value for name, value in _inputs(answer).items() if value is not None}
    assert read == inputs


def test_only_declared_fields_that_differ_are_sent() -> None:
    present = {**SITE, "branch": "old", "root_dir": "web"}
    assert _changed(SITE, present, {}) == {"branch": "main"}


def test_a_field_that_was_declared_before_is_cleared() -> None:
    assert _changed(SITE, {**SITE, "root_dir": "web"}, {"root_dir": "web"}) == {"root_dir": ""}


def test_render_takes_both_commands_of_a_web_service_or_none() -> None:
    changed = _changed(API, {**API, "start_command": "old"}, {})
    assert changed == {"build_command": "b", "start_command": "s"}


@pytest.mark.parametrize(
    ("inputs", "kept"),
    [
        ({**SITE, "routes": []}, "dep-1/0a"),
        ({**SITE, "headers": [{"path": "/"}]}, "dep-1/0a"),
        ({**SITE, "branch": "new"}, ""),
        ({**SITE, "branch": "new", "routes": []}, ""),
        (SITE, ""),
    ],
)
def test_the_revision_stays_only_when_nothing_but_rules_changed(
    inputs: dict[str, Any], kept: str
) -> None:
    assert _kept_revision(inputs, {**SITE, "revision": "dep-1/0a"}) == kept


def test_without_a_revision_in_state_there_is_none_to_keep() -> None:
    assert _kept_revision({**SITE, "routes": []}, {**SITE, "revision": ""}) == ""
    assert _kept_revision({**SITE, "routes": []}, None) == ""


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({**SITE, "plan": "free"}, "plan"),
        ({**API, "publish_path": "dist"}, "publish_path"),
        ({k: v for k, v in API.items() if k != "runtime"}, "runtime"),
        ({k: v for k, v in API.items() if k != "start_command"}, "start_command"),
    ],
)
def test_a_field_of_the_other_type_or_a_missing_one_is_a_problem(
    inputs: dict[str, Any], path: str
) -> None:
    assert [problem.path for problem in ServiceController().problems(inputs)] == [path]


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        (SITE, {**SITE, "type": "web_service"}, {"type"}),
        ({**API, "region": "ohio"}, {**API, "region": "oregon"}, {"region"}),
        ({**API, "region": "ohio"}, API, set()),
        (API, {**API, "region": "ohio"}, set()),
        (SITE, {**SITE, "name": "other"}, set()),
    ],
)
def test_only_another_type_or_region_replaces(
    old: dict[str, Any], new: dict[str, Any], fields: set[str]
) -> None:
    assert ServiceController().replaced_by(old, new) == fields
