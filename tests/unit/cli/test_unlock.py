"""`stackwright unlock`: only what a dead run left is removed."""

import copy
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stackwright.cli import unlock
from stackwright.errors import Refused
from stackwright.stack import Lock

URN = "urn:pulumi:dev::shop::{kind}::{name}"


def pending(operation: str, kind: str, name: str) -> dict[str, Any]:
    return {"type": operation, "resource": {"urn": URN.format(kind=kind, name=name), "type": kind}}


@dataclass
class FakeStack:
    """The part of a stack that unlocking needs, in memory."""

    held: list[Lock] = field(default_factory=list)
    deployment: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False
    mended: bool = False

    def mend(self) -> list[str]:
        self.mended = not self.cancelled  # an unreadable state cannot be unlocked
        return []

    def locks(self) -> list[Lock]:
        return [] if self.cancelled else self.held

    def cancel(self) -> None:
        self.cancelled = True

    def export(self) -> dict[str, Any]:
        return {"version": 3, "deployment": copy.deepcopy(self.deployment)}

    def restore(self, deployment: dict[str, Any]) -> None:
        self.deployment = deployment["deployment"]


class LivingLock(Lock):
    @property
    def owner_lives(self) -> bool:
        return True


def lock(kind: type[Lock] = Lock, host: str = "") -> Lock:
    return kind(Path("1.json"), 2**22 + 1, "ada", host or socket.gethostname(), "today")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    stack = FakeStack()
    monkeypatch.setattr(unlock, "selected", lambda folder, name: stack)
    return stack


def run(*arguments: str) -> Result:
    return CliRunner().invoke(unlock.command, arguments)


def test_without_a_lock_nothing_is_done(stack: FakeStack) -> None:
    result = run()
    assert (result.exit_code, result.output) == (0, "It is not locked.\n")
    assert not stack.cancelled


def test_the_lock_of_a_dead_run_is_removed(stack: FakeStack) -> None:
    stack.held = [lock()]
    assert "Removed 1 lock.\n" in run().output
    assert stack.mended
    assert stack.cancelled


def test_a_living_run_keeps_its_lock_even_with_force(stack: FakeStack) -> None:
    stack.held = [lock(LivingLock)]
    for arguments in ([], ["--force"]):
        result = run(*arguments)
        assert isinstance(result.exception, Refused)
        assert "is alive" in str(result.exception)
    assert not stack.cancelled
    assert not stack.mended


def test_the_lock_of_another_machine_needs_force(stack: FakeStack) -> None:
    stack.held = [lock(host="elsewhere.example")]
    refused = run()
    assert isinstance(refused.exception, Refused)
    assert "--force" in str(refused.exception)
    assert not stack.cancelled
    assert run("--force").exit_code == 0
    assert stack.cancelled


def test_what_our_resources_left_pending_is_cleared(stack: FakeStack) -> None:
    stack.deployment = {
        "resources": [],
        "pending_operations": [
            pending("creating", "stackwright:stripe:Price", "monthly"),
            pending("updating", "aws:s3/bucket:Bucket", "files"),
        ],
    }
    output = run().output
    assert "creating monthly" in output
    assert "updating files" in output
    assert stack.deployment["pending_operations"] == []


def test_a_creation_of_another_provider_is_named_and_kept(stack: FakeStack) -> None:
    bucket = pending("creating", "aws:s3/bucket:Bucket", "files")
    stack.deployment = {"resources": [], "pending_operations": [bucket]}
    assert "Left pending: creating files." in run().output
    assert stack.deployment["pending_operations"] == [bucket]


def test_a_creation_that_reached_the_state_is_cleared_whoever_made_it(stack: FakeStack) -> None:
    bucket = pending("creating", "aws:s3/bucket:Bucket", "files")
    present = [{"urn": bucket["resource"]["urn"]}]
    stack.deployment = {"resources": present, "pending_operations": [bucket]}
    run()
    assert stack.deployment["pending_operations"] == []


def test_json_tells_all_three(stack: FakeStack) -> None:
    stack.held = [lock()]
    stack.deployment = {
        "pending_operations": [
            pending("creating", "stackwright:stripe:Price", "monthly"),
            pending("creating", "aws:s3/bucket:Bucket", "files"),
        ]
    }
    assert json.loads(run("--json").output) == {
        "locks": 1,
        "cleared": ["creating monthly"],
        "kept": ["creating files"],
    }
