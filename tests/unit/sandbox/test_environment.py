from pathlib import Path
from typing import Any

import pytest
import yaml

from stackwright.sandbox.environment import Workspace, for_stack, stack_of, stack_settings

KEYS = {
    f"STRIPE_{kind}_KEY{mode}": f"{kind}{mode}"
    for kind in ("API", "PUBLISHABLE")
    for mode in ("_TEST", "_LIVE")
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return Workspace(tmp_path)


def write(workspace: Workspace, stack: str, **content: Any) -> None:
    (workspace.project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(content))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize(
    ("command", "stack"),
    [
        ("pulumi up --stack prod", "prod"),
        ("pulumi up -s prod --yes", "prod"),
        ("pulumi up --stack=prod", "prod"),
        ("pulumi up --stack organization/shop/prod", "prod"),
        ("pulumi stack select --create prod", "prod"),
        ("pulumi stack init prod", "prod"),
        ("pulumi stack output --stack prod", "prod"),
        ("pulumi up", "dev"),
    ],
)
def test_the_stack_is_found_in_the_command(workspace: Workspace, command: str, stack: str) -> None:
    assert stack_of(command.split(), {}, workspace) == stack


def test_without_a_flag_the_environment_names_the_stack(workspace: Workspace) -> None:
    assert stack_of(["make"], {"PULUMI_STACK": "prod"}, workspace) == "prod"


def test_the_copy_has_the_open_values_only(workspace: Workspace) -> None:
    sealed = {"shop:key": {"secure": "v1:abc"}, "shop:list": [{"deep": {"secure": "v1:d"}}]}
    write(workspace, "dev", config={"shop:name": "x", **sealed}, encryptionsalt="v1:tracked")
    assert read(stack_settings(workspace, "dev")) == {"config": {"shop:name": "x"}}


def test_the_copy_keeps_its_own_salt_and_changes(workspace: Workspace) -> None:
    write(workspace, "dev", config={"shop:name": "x", "shop:size": 1})
    copy = stack_settings(workspace, "dev")
    own = {"config": {**read(copy)["config"], "shop:size": 2, "shop:new": {"secure": "v1:own"}}}
    copy.write_text(yaml.safe_dump({**own, "encryptionsalt": "v1:own"}))
    write(workspace, "dev", config={"shop:name": "y", "shop:size": 1})
    assert read(stack_settings(workspace, "dev")) == {
        "encryptionsalt": "v1:own",
        "config": {"shop:name": "y", "shop:size": 2, "shop:new": {"secure": "v1:own"}},
    }


def test_a_value_removed_from_the_tracked_file_leaves_the_copy(workspace: Workspace) -> None:
    write(workspace, "dev", config={"shop:name": "x", "shop:old": 1})
    stack_settings(workspace, "dev")
    write(workspace, "dev", config={"shop:name": "x"})
    assert read(stack_settings(workspace, "dev")) == {"config": {"shop:name": "x"}}


def test_the_tracked_file_is_never_written(workspace: Workspace) -> None:
    write(workspace, "dev", config={"shop:name": "x"})
    before = (workspace.project / "Pulumi.dev.yaml").read_bytes()
    stack_settings(workspace, "dev").write_text("config: {}\n")
    stack_settings(workspace, "dev")
    assert (workspace.project / "Pulumi.dev.yaml").read_bytes() == before


@pytest.mark.parametrize(("mode", "suffix"), [("test", "_TEST"), ("live", "_LIVE")])
def test_the_stack_decides_which_stripe_key_is_used(
    workspace: Workspace, mode: str, suffix: str
) -> None:
    write(workspace, "dev", config={"stackwright:stripeMode": mode})
    found = for_stack(workspace, "dev", KEYS)
    assert found["STRIPE_API_KEY"] == f"API{suffix}"
    assert found["STRIPE_PUBLISHABLE_KEY"] == f"PUBLISHABLE{suffix}"


def test_a_stripe_key_set_by_hand_stays(workspace: Workspace) -> None:
    write(workspace, "dev", config={"stackwright:stripeMode": "test"})
    inside = KEYS | for_stack(workspace, "dev", KEYS)
    assert for_stack(workspace, "dev", inside)["STRIPE_API_KEY"] == "API_TEST"
    by_hand = inside | {"STRIPE_API_KEY": "another"}
    assert "STRIPE_API_KEY" not in for_stack(workspace, "dev", by_hand)


def test_a_date_without_quotes_is_a_text_as_pulumi_reads_it(workspace: Workspace) -> None:
    (workspace.project / "Pulumi.dev.yaml").write_text("config:\n  shop:version: 2024-04-10\n")
    stack_settings(workspace, "dev")
    assert read(stack_settings(workspace, "dev"))["config"] == {"shop:version": "2024-04-10"}
