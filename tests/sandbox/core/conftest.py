from collections.abc import Iterator
from pathlib import Path

import pytest

from stackwright.sandbox.launcher import Launcher


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """A scenario without a database, so that a sandbox starts in a second; its folder."""
    folder = tmp_path / "scenario"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "index.html").write_text("hello from the sandbox")
    declared = "render:\n  repos:\n    https://github.com/shop/web: app\n"
    (folder / "scenario.yaml").write_text(declared)
    return str(folder)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path / "sandbox")
    yield launcher
    launcher.stop()
