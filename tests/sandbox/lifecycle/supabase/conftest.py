"""Fixtures of the Supabase life-cycle tests."""

from pathlib import Path

import pytest

from stackwright.sandbox.supabase import routes
from tests.sandbox.lifecycle.supabase.shop import SOURCES, write
from tests.sandbox.lifecycle.worlds import Bench, bench


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    """Two projects whose databases nobody needs here."""
    made = bench(tmp_path, {"supabase": routes.app})
    for path, text in SOURCES.items():
        write(tmp_path, path, text)
    return made
