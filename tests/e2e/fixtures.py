"""One sandbox for all tests of the whole; each finds it converged, or fresh, as it asks."""

from collections.abc import Iterator

import pytest

from tests.e2e.project import STACK, Project


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("e2e"))
    try:
        made.start()
        made.run("pulumi", "stack", "select", "--create", STACK)
        made.keep("fresh")
        made.up()
        made.keep("converged")
        yield made
    finally:
        made.stop()


@pytest.fixture
def project(_world: Project) -> Iterator[Project]:
    """The product, rolled out."""
    _world.go_back("converged")
    yield _world
    _world.tidy()


@pytest.fixture
def fresh(_world: Project) -> Iterator[Project]:
    """The product before its first `up`."""
    _world.go_back("fresh")
    yield _world
    _world.tidy()
