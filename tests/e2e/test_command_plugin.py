"""The stand-in for Pulumi's command plugin, driven by the real CLI and `pulumi_command`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stackwright import toolchain
from stackwright.sandbox import command_plugin

PROGRAM = """
import json
from pathlib import Path
import pulumi
from pulumi_command import local

for name, arguments in json.loads(Path("commands.json").read_text()).items():
    environment = arguments.pop("environment", {})
    for key, value in arguments.pop("secret", {}).items():
        environment[key] = pulumi.Output.secret(value)
    made = local.Command(name, environment=environment, **arguments)
    pulumi.export(name, made.stdout)
"""


class Project:
    """A throw-away Pulumi project whose commands are written by the test."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").write_text("name: commands\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        self.environment = toolchain.pulumi_environment(
            os.environ,
            cli=toolchain.pulumi(),
            python_bin=Path(sys.executable).parent,
            home=home,
            backend=folder.as_uri(),
            passphrase="for the test",
        )

    def declare(self, **commands: dict[str, Any]) -> None:
        (self.folder / "commands.json").write_text(json.dumps(commands))

    def pulumi(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [toolchain.pulumi(), "--non-interactive", *argv],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> str:
        said = self.pulumi("up", "--yes", "--skip-preview")
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    def output(self, name: str) -> str:
        return self.pulumi("stack", "output", name, "--show-secrets").stdout.rstrip("\n")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    command_plugin.install(home)
    return home


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Project:
    project = Project(tmp_path, home)
    assert project.pulumi("stack", "init", "dev").returncode == 0
    return project


def test_a_command_runs_once_and_again_when_it_changed(project: Project) -> None:
    project.declare(step={"create": "echo $WHO; touch ran", "environment": {"WHO": "us"}})
    assert "step creat" in project.up()
    (project.folder / "ran").unlink()

    assert "unchanged" in project.up()
    assert not (project.folder / "ran").exists()

    project.declare(step={"create": "true", "update": 'echo "$PULUMI_COMMAND_STDOUT two"'})
    assert "1 updated" in project.up()
    assert project.output("step") == "us two"


def test_a_changed_trigger_replaces_and_deletes_with_the_old_inputs(project: Project) -> None:
    log = {"create": "echo made $N >> log", "delete": "echo removed $N >> log"}
    project.declare(step=log | {"triggers": [1], "environment": {"N": "1"}})
    project.up()

    project.declare(step=log | {"triggers": [2], "environment": {"N": "2"}})
    said = project.up()

    assert "1 replaced" in said
    assert (project.folder / "log").read_text().splitlines() == ["made 1", "made 2", "removed 1"]


def test_a_failure_shows_the_command_and_its_output_but_no_secret(project: Project) -> None:
    project.declare(broken={"create": "echo it was $KEY; exit 3", "secret": {"KEY": "hunter2!"}})

    said = project.pulumi("up", "--yes", "--skip-preview")

    assert said.returncode == 1
    assert 'exit status 3: running "echo it was $KEY; exit 3":' in said.stdout
    assert "it was ..." in said.stdout
    assert "hunter2!" not in said.stdout + said.stderr


def test_a_secret_of_the_environment_is_encrypted_in_the_state(project: Project) -> None:
    project.declare(step={"create": "true", "secret": {"KEY": "hunter2!"}})
    project.up()

    state = project.pulumi("stack", "export").stdout

    assert "ciphertext" in state
    assert "hunter2!" not in state


def test_a_preview_runs_nothing_and_refuses_what_the_stand_in_cannot_do(project: Project) -> None:
    project.declare(step={"create": "touch ran"})
    assert project.pulumi("preview").returncode == 0
    assert not (project.folder / "ran").exists()

    project.declare(step={"create": "touch ran", "asset_paths": ["*.txt"]})
    said = project.pulumi("preview")
    assert said.returncode == 1
    assert "does not support assetPaths" in said.stdout


def test_a_second_installation_does_not_start_the_cli(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchain, "pulumi", lambda: pytest.fail("started the CLI"))

    command_plugin.install(home)
