"""The environment in which the Pulumi CLI runs: offline, quiet, and in a home of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

# Of the caller's environment, what would override the settings below or lead to another backend.
_FOREIGN = ("PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_STACK", "PYTHONHOME")


def pulumi_environment(
    base: Mapping[str, str],
    *,
    cli: Path,
    python_bin: Path,
    home: Path,
    backend: str,
    passphrase: str,
) -> dict[str, str]:
    """`base` with what a run against a backend of our own needs.

    `cli` is the pulumi binary, `python_bin` the folder of the Python that runs the program, `home`
    the folder for plugins and credentials, `backend` a URL such as `file:///somewhere`.

    `python_bin` leads PATH, because a language host built from Go modules runs the `python3` that
    it finds there. The home is always set: without it the CLI takes the one of /etc/passwd and so
    the user's own login and plugins.
    """
    kept = {name: value for name, value in base.items() if name not in _FOREIGN}
    path = [str(python_bin), str(cli.parent), base.get("PATH", os.defpath)]
    return kept | {
        "PATH": os.pathsep.join(path),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
