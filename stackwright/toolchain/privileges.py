"""PostgreSQL refuses to run as root: how a command is started without root's rights."""

import os
import shutil
import subprocess
from functools import cache

from stackwright.toolchain.errors import ToolMissing

# In a user namespace the process is no longer root to itself, yet still owns root's files: folders
# below a closed home stay readable, nothing needs a chown, and the process id is the server's own.
_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
_NOBODY = 65534
_SWITCH = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]


def unprivileged(argv: list[str]) -> list[str]:
    """`argv` as it must be started so that it does not run as root; unchanged for other users."""
    return [*_prefix(), *argv] if os.geteuid() == 0 else argv


def data_owner() -> int | None:
    """The user id that must own the data of an `unprivileged` command, or None: the present one.

    With a number, all folders above the data and the binaries must be traversable by everybody.
    """
    return _NOBODY if os.geteuid() == 0 and _prefix() == _SWITCH else None


@cache
def _prefix() -> list[str]:
    for prefix in (_NAMESPACE, _SWITCH):
        if shutil.which(prefix[0]) and _works(prefix):
            return prefix
    raise ToolMissing(
        "PostgreSQL refuses to run as root, and neither `unshare --user` nor `setpriv` works here: "
        "run as an ordinary user, or install util-linux."
    )


def _works(prefix: list[str]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
