"""Staging, as the papers say that it was, adopted."""

import pytest

from tests.e2e.production.world import (
    LEDGER,
    POLICIES,
    USERS,
    counts,
    sign_in,
)
from tests.e2e.project import VERSIONS, Project, Said


def test_staging_is_adopted_as_it_was(tmp_path_factory: pytest.TempPathFactory) -> None:
    dev = Project(tmp_path_factory.mktemp("staging"))
    try:
        dev.start("voip-dev")
        dev.run("pulumi", "stack", "select", "--create", "dev")
        started = {"migrations": 58, "functions": 40, "users": 3, "npas": 450}
        assert counts(dev, "enhanced_lerg") == started
        users = dev.database(USERS)
        _adopt_staging(dev, dev.up())
        assert dev.database(USERS) == users
        assert sign_in(dev, "developer-2@example.com").status_code == 200
        assert dev.up().nothing_changed
    finally:
        dev.stop()


def _adopt_staging(dev: Project, said: Said) -> None:
    assert "debug-auth, " in said.text
    assert len(dev.database(POLICIES)) == 10
    assert dev.database(LEDGER) == [(58 + len(VERSIONS), VERSIONS[-1])]
    assert dev.database("select count(*) from enhanced_lerg") == [(450,)]
    own = "select state_province_name from enhanced_lerg where source = 'manual'"
    assert dev.database(own) == [("Puerto Rico (San Juan)",)]
    functions = dev.supabase()("GET", f"/v1/projects/{dev.ref}/functions")
    assert len({f["slug"] for f in functions if f["version"] == 1}) >= 22
