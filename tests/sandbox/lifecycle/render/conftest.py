"""Fixtures of the Render life-cycle tests."""

from pathlib import Path

import pytest

from stackwright.sandbox.render import routes
from tests.engine import Declared, Program, Ref
from tests.sandbox.lifecycle.render.shop import PRIVATE, SITE, commit
from tests.sandbox.lifecycle.worlds import Bench, bench, hidden


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    made = bench(tmp_path, {"render": routes.app})
    made.world.set_setting("render.queue_seconds", 0.02)
    return made


@pytest.fixture
def repo(tmp_path: Path) -> str:
    """A repository with one commit on `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("A shop.\n")
    commit(folder, "Open the shop")
    return str(folder)


@pytest.fixture
def program(repo: str) -> Program:
    return {
        "service": Declared("stackwright:render:Service", {**SITE, "repo": repo}),
        "env": Declared(
            "stackwright:render:EnvVars",
            {
                "service": Ref("service"),
                "values": {"VITE_TITLE": "Shop", "BUILD_PASSWORD": hidden(PRIVATE)},
            },
        ),
        "deploy": Declared(
            "stackwright:render:Deploy",
            {
                "service": Ref("service"),
                "revisions": {
                    "service": Ref("service", "revision"),
                    "env": Ref("env", "revision"),
                },
            },
        ),
    }
