"""The databases of the SQL engine's own tests."""

from tests.sandbox.sql.conftest import dsn, folder, server

__all__ = ["dsn", "folder", "server"]
