"""Repositories of a scenario for the user's own git: their addresses lead to the local copies.

Inside `stackwright sandbox run`, `git clone ADDRESS` of a declared repository then works without a
network. git itself does it (`url.<base>.insteadOf`), told by its variables `GIT_CONFIG_COUNT` and
its like; what they hold already stays.
"""

from collections.abc import Mapping
from pathlib import Path

from stackwright.sandbox.store import Store


def git_addresses(sandbox: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Variables for the repositories that have been made: each is, once something deployed it."""
    store = Store(sandbox / "store.sqlite")
    try:
        declared = store.all("render.repo")
    finally:
        store.close()
    copies = sandbox / "render" / "repositories"
    found = {repo["url"]: copies / Path(repo["folder"]).name for repo in declared}
    lines = [(f"url.{copy}.insteadOf", url) for url, copy in found.items() if copy.is_dir()]
    # A container's checkout often belongs to somebody else; it is only read.
    lines += [("safe.directory", str(copy / ".git")) for copy in found.values() if copy.is_dir()]
    return _as_variables(lines, int(base.get("GIT_CONFIG_COUNT", "0")))


def _as_variables(lines: list[tuple[str, str]], first: int) -> dict[str, str]:
    variables = {"GIT_CONFIG_COUNT": str(first + len(lines))} if lines else {}
    for number, (key, value) in enumerate(lines, first):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
