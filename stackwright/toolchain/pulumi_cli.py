"""Obtains the Pulumi CLI with its Python language host: found, else downloaded, else built."""

from collections.abc import Callable
from pathlib import Path

from stackwright.toolchain import versions
from stackwright.toolchain.cache import pulumi_dir, workshop
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.locate import pulumi, pulumi_version
from stackwright.toolchain.progress import Progress
from stackwright.toolchain.pulumi_build import INSTRUCTIONS, build
from stackwright.toolchain.pulumi_download import Unreachable, download

Obtain = Callable[[Path, Progress], None]


def obtain_pulumi(progress: Progress, download: Obtain = download, build: Obtain = build) -> Path:
    """The CLI, made available if it was not. Raises ToolMissing with the remedy."""
    try:
        return pulumi()
    except ToolMissing:
        progress.step(f"Pulumi CLI {versions.PULUMI}: neither in the cache nor on PATH")
    with workshop(pulumi_dir()) as folder:
        if not (folder / "pulumi").exists():
            _make(folder, progress, download, build)
    return pulumi()


def _make(folder: Path, progress: Progress, download: Obtain, build: Obtain) -> None:
    try:
        download(folder, progress)
        how = "downloaded"
    except Unreachable as reason:
        progress.step(f"no download ({reason}); building it from Go modules, about 4 minutes")
        build(folder, progress)
        how = "built"
    made = folder / "pulumi"
    if not made.exists() or pulumi_version(made) == ():
        raise ToolMissing(
            f"The Pulumi CLI that was {how} does not start on this machine: "
            f"install it by hand ({INSTRUCTIONS}) and run again."
        )
    progress.done(f"{how} Pulumi {versions.PULUMI}")
