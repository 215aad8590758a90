"""Production in a sandbox of its own, before its first `up` and after it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.production.world import (
    LEGACY,
    REF,
    USERS,
)
from tests.e2e.project import Project


@pytest.fixture(scope="session")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("prod"), stack="prod", ref=REF)
    try:
        made.start("voip-prod")
        made.run("pulumi", "stack", "select", "--create", "prod")
        made.keep("old")
        yield made
    finally:
        made.stop()


@pytest.fixture
def old(_old: Project) -> Iterator[Project]:
    """Production before its first `up`."""
    _old.go_back("old")
    yield _old
    _old.tidy()


@pytest.fixture(scope="session")
def before(_old: Project) -> dict[str, list[tuple[Any, ...]]]:
    """Rows as they were before the first `up`, by their query; the roll-out has happened then."""
    _old.go_back("old")
    found = {query: _old.database(query) for query in (USERS, LEGACY)}
    _old.up()
    _old.keep("rolled-out")
    return found


@pytest.fixture
def prod(_old: Project, before: object) -> Iterator[Project]:
    """Production after its first `up`."""
    _old.go_back("rolled-out")
    yield _old
    _old.tidy()
