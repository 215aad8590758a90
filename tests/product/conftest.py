"""The product's SQL on a real PostgreSQL: one server, a database of its own for each test.

A database is copied from a template: `fresh` from the shape of a new Supabase project, `database`
from one with all migrations applied.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.rows import dict_row

from stackwright.postgres.server import Postgres, free_port
from tests.product.helpers import Row, load_reference_data, migrate
from tests.product.running import Stripe, stripe

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("product")
    folder.parent.chmod(0o755)
    with Postgres(folder / "data", free_port(), password="not a secret") as postgres:
        yield postgres


@pytest.fixture(scope="session")
def migrated(server: Postgres) -> str:
    """The name of a template database with all migrations applied."""
    server.create_database("migrated", template="postgres")
    migrate(server.dsn(database="migrated"))
    return "migrated"


@pytest.fixture
def fresh(server: Postgres) -> Iterator[str]:
    """The address of an empty Supabase-shaped database, as the role `postgres`."""
    with copy_of(server, "postgres") as dsn:
        yield dsn


@pytest.fixture
def dsn(server: Postgres, migrated: str) -> Iterator[str]:
    """The address of a database with the product's schema, as the role `postgres`."""
    with copy_of(server, migrated) as dsn:
        yield dsn


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the product's schema; each statement commits."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def address(server: Postgres, migrated: str) -> Iterator[str]:
    """The address of a database that the functions of one module share."""
    with copy_of(server, migrated) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def data(address: str) -> Iterator[psycopg.Connection[Row]]:
    """A connection to it, with the reference data loaded."""
    with psycopg.connect(address, autocommit=True) as connection:
        load_reference_data(connection)
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def vendor() -> Iterator[Stripe]:
    """The Stripe that they ask."""
    with stripe() as server:
        yield server


@contextmanager
def copy_of(server: Postgres, template: str) -> Iterator[str]:
    name = f"{template}_{next(_numbers)}"
    server.create_database(name, template=template)
    try:
        yield server.dsn(database=name)
    finally:
        server.drop_database(name)
