"""PostgreSQL runs neither as root nor as a user without a name: how it is started all the same."""

import os
import pwd
import shutil
import subprocess
from functools import cache

from stackwright.toolchain.errors import ToolMissing

_NOBODY = 65534
# To itself the process is `nobody`, yet it still owns the caller's files: folders below a closed
# home stay readable, nothing needs a chown, and the process id is the server's own.
_NAMESPACE = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
_SWITCH = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]


def unprivileged(argv: list[str]) -> list[str]:
    """`argv` as it must be started for PostgreSQL; unchanged for an ordinary user."""
    return [*_prefix(), *argv] if _needs_another_user() else argv


def data_owner() -> int | None:
    """The user id that must own the data of an `unprivileged` command, or None: the present one.

    With a number, all folders above the data and the binaries must be traversable by everybody.
    """
    return _NOBODY if _needs_another_user() and _prefix() == _SWITCH else None


def _needs_another_user() -> bool:
    return os.geteuid() == 0 or not _has_name(os.geteuid())


def _has_name(user: int) -> bool:
    """A container may run as any number; initdb looks the name up and gives up without one."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


@cache
def _prefix() -> list[str]:
    for prefix in (_NAMESPACE, _SWITCH):
        if shutil.which(prefix[0]) and _works(prefix):
            return prefix
    raise ToolMissing(
        "PostgreSQL runs neither as root nor as a user without a name, and neither "
        "`unshare --user` nor `setpriv` works here: run as an ordinary user, or install util-linux."
    )


def _works(prefix: list[str]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
