"""A stack as Pulumi keeps it: locks of dead and living runs, the CLI's own words."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from stackwright.errors import UserInput
from stackwright.stack import PulumiFailed, Resource, Stack, of_type, selected

NOBODY = 2**22 + 1
"""More than any process id."""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    environment = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PATH": os.environ["PATH"]}
    return Stack("dev", tmp_path, environment)


def write_lock(stack: Stack, **changes: Any) -> None:
    content = {
        "pid": NOBODY,
        "username": "ada",
        "hostname": socket.gethostname(),
        "timestamp": "2026-01-01T00:00:00Z",
    }
    folder = stack.folder / "state/.pulumi/locks/organization/shop/dev"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1.json").write_text(json.dumps(content | changes))


def fake_pulumi(stack: Stack, script: str) -> Stack:
    """The stack with a `pulumi` on PATH that is this shell script."""
    path = stack.folder / "bin/pulumi"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    search = f"{path.parent}:{os.environ['PATH']}"
    return Stack("dev", stack.folder, {**stack.environment, "PATH": search})


def test_a_stack_without_a_run_has_no_lock(stack: Stack) -> None:
    assert stack.locks() == []


def test_the_lock_of_a_dead_run_names_who_left_it(stack: Stack) -> None:
    write_lock(stack)
    (lock,) = stack.locks()
    assert (lock.pid, lock.user, lock.since) == (NOBODY, "ada", "2026-01-01T00:00:00Z")
    assert lock.is_here
    assert not lock.owner_lives


def test_a_process_that_is_no_pulumi_has_only_taken_over_the_number(stack: Stack) -> None:
    write_lock(stack, pid=os.getpid())
    (lock,) = stack.locks()
    assert not lock.owner_lives


def test_the_lock_of_another_machine_is_not_here(stack: Stack) -> None:
    write_lock(stack, hostname="elsewhere.example")
    (lock,) = stack.locks()
    assert not lock.is_here


def test_another_backend_is_refused_with_advice(stack: Stack) -> None:
    elsewhere = Stack("dev", stack.folder, {"PULUMI_BACKEND_URL": "s3://bucket"})
    with pytest.raises(UserInput, match=r"file:// backend.*pulumi cancel"):
        elsewhere.locks()


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserInput, match=r"no Pulumi\.yaml"):
        Stack("dev", tmp_path, {}).project()


def test_what_the_cli_says_last_is_the_error(stack: Stack) -> None:
    failing = fake_pulumi(stack, "echo first >&2; echo 'error: no stack named dev' >&2; exit 255")
    with pytest.raises(PulumiFailed, match=r"^pulumi stack: no stack named dev$"):
        failing.export()


def test_a_missing_cli_is_said_with_the_remedy(stack: Stack) -> None:
    without = Stack("dev", stack.folder, {"PATH": str(stack.folder)})
    with pytest.raises(UserInput, match="make setup"):
        without.export()


def test_cut_off_files_beside_the_state_are_removed_and_nothing_else(stack: Stack) -> None:
    write_lock(stack)
    folder = stack.folder / "state/.pulumi/stacks/shop"
    folder.mkdir(parents=True)
    locks = stack.folder / "state/.pulumi/locks/organization/shop/dev"
    whole = {"dev.json": "{}", "dev.json.bak": "{}", "dev.json.bak.attrs": '{"md5": ""}'}
    others = {"prod.json.attrs": "", "developer.json.attrs": ""}
    broken = {"dev.json.attrs": "", "dev.json.bak.18e9.tmp": "{"}
    for name, text in (whole | others | broken).items():
        (folder / name).write_text(text)
    (locks / "1.json.attrs").write_text('{"md5"')

    assert sorted(stack.mend()) == ["1.json.attrs", "dev.json.attrs", "dev.json.bak.18e9.tmp"]

    assert {path.name for path in folder.iterdir()} == set(whole | others)
    assert [path.name for path in locks.iterdir()] == ["1.json"]
    assert stack.mend() == []


def test_resources_are_those_that_will_stay(stack: Stack) -> None:
    urn = "urn:pulumi:dev::shop::stackwright:stripe:Price::"
    entries = [
        {"urn": f"{urn}new", "type": "stackwright:stripe:Price", "id": "price_2"},
        {"urn": f"{urn}new", "type": "stackwright:stripe:Price", "id": "price_1", "delete": True},
        {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop", "type": "pulumi:pulumi:Stack"},
    ]
    export = json.dumps({"deployment": {"resources": entries}})
    found = fake_pulumi(stack, f"cat <<'END'\n{export}\nEND").resources()
    prices = list(of_type(found, "stackwright:stripe:Price"))
    assert prices == [Resource(f"{urn}new", "stackwright:stripe:Price", "price_2", {}, {})]
    assert prices[0].name == "new"


def test_an_empty_stack_has_no_resources(stack: Stack) -> None:
    assert fake_pulumi(stack, "echo '{\"deployment\": {}}'").resources() == []


def test_the_named_stack_comes_first_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_STACK", "staging")
    assert selected(tmp_path, "prod").name == "prod"
    assert selected(tmp_path, None).name == "staging"


def test_without_any_stack_the_user_is_asked_for_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    with_cli = fake_pulumi(stack, "exit 1")
    monkeypatch.setenv("PATH", with_cli.environment["PATH"])
    with pytest.raises(UserInput, match="--stack"):
        selected(stack.folder, None)
