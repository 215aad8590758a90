"""A real PostgreSQL for these tests: one server, a database of its own for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackwright.postgres.server import Postgres, free_port

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    folder.parent.chmod(0o755)
    with Postgres(folder / "data", free_port(), password="p@ss word") as postgres:
        yield postgres


@pytest.fixture
def dsn(server: Postgres) -> Iterator[str]:
    """The address of a fresh Supabase-shaped database, as the role `postgres`."""
    name = f"test_{next(_numbers)}"
    server.create_database(name, template="postgres")
    yield server.dsn(database=name)
    server.drop_database(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of migrations."""
    path = tmp_path / "migrations"
    path.mkdir()
    return path
