"""Puts the stand-in into a PULUMI_HOME, by the CLI's own command, so that it warns of nothing."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from stackwright import toolchain
from stackwright.toolchain import ToolMissing

VERSION = "1.2.1"
_FILE = "pulumi-resource-command"
_FOLDER = f"plugins/resource-command-v{VERSION}"


def install(pulumi_home: Path) -> None:
    """Makes the plugin available to every run with this PULUMI_HOME; quick if it already is.

    It is installed anew when the Python environment has moved. Raises ToolMissing.
    """
    installed = pulumi_home / _FOLDER / _FILE
    if not installed.exists() or installed.read_text() != _starter():
        _install(pulumi_home)


def _starter() -> str:
    """The executable: it must name its Python, because it is copied away from it."""
    # -P: the folder that Pulumi runs in is the user's, and its modules are not ours.
    argv = shlex.join([sys.executable, "-P", "-u", "-m", __package__])
    return f'#!/bin/sh\nexec {argv} "$@"\n'


def _install(pulumi_home: Path) -> None:
    pulumi_home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        starter = Path(folder) / _FILE
        starter.write_text(_starter())
        starter.chmod(0o755)
        argv = ["plugin", "install", "resource", "command", VERSION, "--reinstall"]
        said = subprocess.run(
            [toolchain.pulumi(), *argv, "--file", starter],
            env=os.environ | {"PULUMI_HOME": str(pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if said.returncode:
        raise ToolMissing(
            f"The stand-in for Pulumi's command plugin could not be installed into {pulumi_home}: "
            f"{said.stderr.strip() or said.stdout.strip()}"
        )
