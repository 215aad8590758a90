"""Where the tools keep what they make."""

from pathlib import Path

from stackwright import toolchain


def workspace() -> Path:
    """`.stackwright` of the project around us; outside of one, the user's cache."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder / ".stackwright"
    return toolchain.cache_dir()
