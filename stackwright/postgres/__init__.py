"""Embedded PostgreSQL servers whose databases look like a new Supabase project's."""

from stackwright.postgres.server import Postgres, PostgresError, free_port

__all__ = ["Postgres", "PostgresError", "free_port"]
