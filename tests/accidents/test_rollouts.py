"""Rollouts that were wrong from the start, stopped in the middle, or in the wrong order."""

from tests.e2e.project import Project
from tests.e2e.test_killed import end_of_orphans, kill_after


def test_a1_a_live_key_is_refused_before_anything_is_asked_or_changed(fresh: Project) -> None:
    (live,) = fresh.variables("STRIPE_API_KEY_LIVE")
    mark = fresh.mark()

    said = fresh.try_up(STRIPE_API_KEY=live)

    assert said.code != 0
    assert "not a test key" in said.text
    assert live not in said.text
    assert fresh.requests(mark) == []


def test_a8_after_a_kill_in_the_first_deploy_refresh_and_destroy_work(fresh: Project) -> None:
    kill_after(fresh, 8)
    assert end_of_orphans(fresh) == []
    assert fresh.stackwright_on_stack("unlock").code == 0

    refreshed = fresh.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.code == 0, refreshed.text
    fresh.destroy()

    assert fresh.state() == []
    fresh.up()
    fresh.destroy()
    assert fresh.render()("GET", "/services") == []
    assert fresh.stripe()("GET", "/v1/webhook_endpoints")["data"] == []
    assert fresh.stripe()("GET", "/v1/products?active=true")["data"] == []


def test_a11_a_red_migration_keeps_the_new_web_app_back(project: Project) -> None:
    project.migration("20991201000000_red.sql", "ALTER TABLE public.nowhere ADD COLUMN x int;\n")
    project.edit(
        "components/web_app.py", '"VITE_APP_ENV": settings', '"VITE_NEW": "1", "A": settings'
    )
    mark = project.mark()

    said = project.try_up()

    assert said.code != 0
    assert "20991201000000_red.sql:1:" in said.text
    service = project.resource("service")["id"]
    assert f"POST /v1/services/{service}/deploys" not in project.writes(mark)


def test_a6_and_a9_a_preview_leaves_state_vendors_and_database_alone(fresh: Project) -> None:
    mark, state = fresh.mark(), fresh.checkpoint()
    schemas = fresh.database("SELECT nspname FROM pg_namespace ORDER BY 1")

    fresh.preview("--diff")

    assert fresh.writes(mark) == []
    assert fresh.checkpoint() == state
    assert fresh.database("SELECT nspname FROM pg_namespace ORDER BY 1") == schemas


def test_a27_a_changed_secret_is_named_and_not_shown(project: Project) -> None:
    project.edit(
        "components/edge_functions.py",
        "MONTHLY: billing.monthly.id,",
        'MONTHLY: pulumi.Output.secret("a-canary-that-nobody-sees"),',
    )

    said = project.preview("--diff")

    assert "STRIPE_PRICE_MONTHLY_ACCELERATOR" in said.out
    assert "STRIPE_PRICE_ANNUAL_ACCELERATOR" not in said.out
    assert "a-canary-that-nobody-sees" not in said.text
