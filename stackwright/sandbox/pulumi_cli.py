"""`pulumi` as it is inside `stackwright sandbox run`: each call gets the settings of its stack.

A script may go through several stacks, and a few commands of Pulumi write the stack's tracked file
whatever `--config-file` says: creating a stack puts a salt into it. Here the stack is made in the
folder of the copies instead, and then selected.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from stackwright.sandbox.environment import PROJECT, PULUMI, Workspace, for_stack, stack_of


def main(arguments: Sequence[str]) -> None:
    """Run the real CLI in place of this process."""
    real = os.environ[PULUMI]
    workspace = Workspace(Path(os.environ[PROJECT]))
    stack = stack_of(arguments, os.environ, workspace)
    environment = {**os.environ, **for_stack(workspace, stack, os.environ)}
    arguments = _without_creation(arguments, workspace, stack, real, environment)
    os.execve(real, ["pulumi", *arguments], environment)  # noqa: S606 - no shell


def _without_creation(
    arguments: Sequence[str],
    workspace: Workspace,
    stack: str,
    real: str,
    environment: dict[str, str],
) -> Sequence[str]:
    """The command without the part that would write the tracked file."""
    creates = "init" in arguments or {"-c", "--create"} & set(arguments)
    if "stack" not in arguments or not creates or _exists(workspace, stack):
        return arguments
    folder = _folder(workspace)
    command = [real, "stack", "init", stack, "--no-select", "--non-interactive", "--cwd", folder]
    made = subprocess.run(command, env=environment, check=False)
    if made.returncode != 0:
        sys.exit(made.returncode)
    return ["stack", "select", stack]


def _folder(workspace: Workspace) -> str:
    """The folder of the copies as a project of the same name."""
    folder = workspace.pulumi / "config"
    project = yaml.safe_load((workspace.project / "Pulumi.yaml").read_text())
    minimal = {"name": project["name"], "runtime": "python"}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(minimal))
    return str(folder)


def _exists(workspace: Workspace, stack: str) -> bool:
    stacks = workspace.state / ".pulumi" / "stacks"
    project = yaml.safe_load((workspace.project / "Pulumi.yaml").read_text())["name"]
    return any((stacks / project).glob(f"{stack}.json*"))


if __name__ == "__main__":
    main(sys.argv[1:])
