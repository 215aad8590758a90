"""The examples' SQL on a real PostgreSQL: one server, and each example migrated once."""

from collections.abc import Iterator

import pytest

from stackwright.postgres.server import Postgres, free_port
from tests.examples.helpers import BEE, OPTIO, Connection, declared, superuser
from tests.product.conftest import copy_of


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("examples")
    folder.parent.chmod(0o755)
    with Postgres(folder / "data", free_port(), password="not a secret") as postgres:
        yield postgres


@pytest.fixture
def fresh(server: Postgres) -> Iterator[str]:
    """The address of an empty Supabase-shaped database, as the role `postgres`."""
    with copy_of(server, "postgres") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def _optio(server: Postgres) -> Iterator[Connection]:
    with declared(server, OPTIO) as dsn, superuser(server, dsn) as connection:
        yield connection


@pytest.fixture(scope="session")
def _bee(server: Postgres) -> Iterator[Connection]:
    with declared(server, BEE) as dsn, superuser(server, dsn) as connection:
        yield connection


@pytest.fixture
def optio(_optio: Connection) -> Iterator[Connection]:
    """Optio's database as declared; what a test changes in it is rolled back."""
    with _optio.transaction(force_rollback=True):
        yield _optio


@pytest.fixture
def bee(_bee: Connection) -> Iterator[Connection]:
    """BEE's database as declared; what a test changes in it is rolled back."""
    with _bee.transaction(force_rollback=True):
        yield _bee
