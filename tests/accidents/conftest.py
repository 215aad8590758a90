"""The worlds of other layers: the engine's databases, and a shop at each vendor in memory."""

from tests.sandbox.lifecycle.render.conftest import program, repo
from tests.sandbox.lifecycle.render.conftest import shop as on_render
from tests.sandbox.lifecycle.supabase.conftest import shop as on_supabase
from tests.sandbox.lifecycle.test_stripe import shop as on_stripe
from tests.sandbox.sql.conftest import dsn, folder, server

__all__ = ["dsn", "folder", "on_render", "on_stripe", "on_supabase", "program", "repo", "server"]
