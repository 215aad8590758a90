"""What a stack of an example must not say: refused before anything happens."""

import importlib.util
from typing import Any

import pulumi
import pytest
import yaml
from pydantic import ValidationError

from tests.examples.helpers import BEE, OPTIO, Example


def stack(example: Example, name: str) -> dict[str, Any]:
    """The settings of a stack's file, without their prefix."""
    config = yaml.safe_load((example.folder / f"Pulumi.{name}.yaml").read_text())["config"]
    return {key.partition(":")[2]: value for key, value in config.items()}


def read(example: Example, monkeypatch: pytest.MonkeyPatch, name: str, **changed: Any) -> Any:
    """The program's settings for a stack, some of them changed."""
    monkeypatch.chdir(example.folder)
    project = yaml.safe_load((example.folder / "Pulumi.yaml").read_text())["name"]
    monkeypatch.setattr(pulumi, "get_project", lambda: project)
    monkeypatch.setattr(pulumi, "get_stack", lambda: name)
    spec = importlib.util.spec_from_file_location("read", example.folder / "settings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Settings(**{**stack(example, name), **changed})


@pytest.mark.parametrize("example", [OPTIO, BEE], ids=lambda example: example.name)
@pytest.mark.parametrize("name", ["dev", "prod"])
def test_both_stacks_are_told_what_they_need(
    monkeypatch: pytest.MonkeyPatch, example: Example, name: str
) -> None:
    assert read(example, monkeypatch, name).supabase_region == "us-east-1"


@pytest.mark.parametrize("example", [OPTIO, BEE], ids=lambda example: example.name)
def test_two_stacks_cannot_share_a_project(
    monkeypatch: pytest.MonkeyPatch, example: Example
) -> None:
    other = stack(example, "prod")["supabase_ref"]
    with pytest.raises(ValidationError, match=f"stack prod names the same supabase_ref {other}"):
        read(example, monkeypatch, "dev", supabase_ref=other)


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("prod", {"seed": True}, "production cannot have sample quests"),
        ("dev", {"row_level_security_approved_by": None}, "comes after row-level security"),
        ("prod", {"drop_friendships_view": True}, "ends what rename_friendships begins"),
    ],
)
def test_optio_refuses_what_does_not_fit_together(
    monkeypatch: pytest.MonkeyPatch, name: str, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        read(OPTIO, monkeypatch, name, **changed)
