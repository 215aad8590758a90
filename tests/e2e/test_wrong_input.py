"""Wrong input: one clear error, exit code not 0, and nothing was changed behind it."""

from collections.abc import Callable

import pytest

from tests.e2e.project import Project, Said
from tests.e2e.test_one_change import commit_to_web_app, page, parent_of

Edit = tuple[str, str, str]
UNENDING = "SELECT 1;\nSELECT 'a"
VARIABLES = '"VITE_APP_ENV": settings.app_env'


def assert_clear(said: Said, *words: str) -> None:
    assert said.code != 0, said.text
    assert "Traceback" not in said.text
    assert "internal error" not in said.text
    for word in words:
        assert word in said.text, said.text


def refused(project: Project, *words: str, **environment: str) -> Said:
    """An `up` that says these words and changes nothing at any vendor."""
    mark = project.mark()
    said = project.pulumi("up", "--yes", **environment)
    assert_clear(said, *words)
    assert project.writes(mark) == []
    return said


def edits(*changes: Edit) -> Callable[[Project], None]:
    def apply(project: Project) -> None:
        for change in changes:
            project.edit(*change)

    return apply


MISTAKES: dict[str, tuple[Edit, str]] = {
    "an unknown plan": (
        ("components/web_app.py", 'type="static_site"', 'type="web_service", plan="gold"'),
        "pro_ultra",
    ),
    "a misspelt event": (
        ("components/billing.py", '"checkout.session.completed"', '"checkout.completed"'),
        "checkout.completed",
    ),
    "a name that says secret, in the bundle": (
        ("components/web_app.py", VARIABLES, f'{VARIABLES}, "VITE_STRIPE_SECRET_KEY": "x"'),
        "EnvVars 'env-vars': values.VITE_STRIPE_SECRET_KEY: holds a secret",
    ),
}

PLANNED: dict[str, tuple[Callable[[Project], object], tuple[str, ...]]] = {
    "a missing function": (
        lambda project: (project.folder / "functions/ping-status/index.ts").unlink(),
        ("functions/ping-status/index.ts",),
    ),
    "an import of nothing": (
        edits(("functions/ping-status/handler.ts", "_shared/http.ts", "_shared/gone.ts")),
        ("functions/_shared/gone.ts", "functions/ping-status/handler.ts"),
    ),
    "sql that never ends": (
        lambda project: project.migration("20991201000000_x.sql", UNENDING),
        ("20991201000000_x.sql:2:8",),
    ),
    "settings that are missing": (
        edits(
            ("Pulumi.dev.yaml", "  voip-accelerator:app_env: staging\n", ""),
            ("Pulumi.dev.yaml", "  voip-accelerator:supabase_ref: voipacceleratordevaa\n", ""),
            ("Pulumi.dev.yaml", '"9900"', '"-5"'),
        ),
        ("3 problems", "app_env", "supabase_ref", "monthly_amount", "pulumi config set"),
    ),
    "another region": (
        edits(("Pulumi.dev.yaml", "us-east-1", "eu-west-1")),
        ("us-east-1", "eu-west-1"),
    ),
    "an unknown project": (
        edits(("Pulumi.dev.yaml", "voipacceleratordevaa", "voipacceleratornobod")),
        ("no Supabase project voipacceleratornobod",),
    ),
}


def test_all_mistakes_of_a_program_are_named_at_once(fresh: Project) -> None:
    for edit, _ in MISTAKES.values():
        fresh.edit(*edit)

    said = refused(fresh, *(word for _, word in MISTAKES.values()))

    assert "nothing was changed" in said.text
    assert "Service 'service'" in said.text
    assert "WebhookEndpoint 'events'" in said.text


@pytest.mark.parametrize("case", PLANNED)
def test_a_mistake_is_named_before_anything_is_changed(fresh: Project, case: str) -> None:
    make, words = PLANNED[case]
    make(fresh)

    refused(fresh, *words)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("RENDER_API_KEY", "rnd_wrong", ("Render", "401")),
        ("SUPABASE_ACCESS_TOKEN", "sbp_" + "0" * 40, ("Supabase", "401")),
        ("STRIPE_API_KEY", "sk_test_wrong", ("Stripe", "401")),
    ],
)
def test_a_wrong_key_is_named_before_anything_is_changed(
    fresh: Project, variable: str, value: str, words: tuple[str, ...]
) -> None:
    said = refused(fresh, *words, **{variable: value})

    assert value not in said.text


def test_a_secret_that_flows_into_the_bundle_stops_the_preview(project: Project) -> None:
    project.edit(
        "components/web_app.py", VARIABLES, '"VITE_APP_ENV": pulumi.Output.secret("staging")'
    )
    mark = project.mark()

    said = project.pulumi("preview")

    assert_clear(said, "EnvVars 'env-vars'", "values.VITE_APP_ENV", "secret")
    assert project.writes(mark) == []


def test_a_wrong_database_password_is_named(project: Project) -> None:
    mark = project.mark()

    said = project.try_up(SUPABASE_DB_PASSWORD="not the password")

    assert_clear(said, "SUPABASE_DB_PASSWORD")
    assert "not the password" not in said.text
    assert project.writes(mark) == []


def test_a_repository_that_is_not_there_is_named_and_the_rest_converges_later(
    fresh: Project,
) -> None:
    fresh.edit("Pulumi.dev.yaml", "voip-accelerator/web", "voip-accelerator/nowhere")
    said = fresh.try_up()
    assert_clear(said, "https://github.com/voip-accelerator/nowhere", "stackwright:render:Service")
    assert fresh.render()("GET", "/services") == []

    fresh.edit("Pulumi.dev.yaml", "voip-accelerator/nowhere", "voip-accelerator/web")
    assert "failed" not in fresh.up().out


def test_a_failed_build_shows_the_end_of_its_log_and_the_old_page_stays(project: Project) -> None:
    commit = commit_to_web_app(project, "build.sh", "echo the last words of this build\nexit 3\n")
    chosen = "voip-accelerator:web_app_branch: develop\n  voip-accelerator:web_app_commit: "
    project.edit("Pulumi.dev.yaml", "voip-accelerator:web_app_branch: develop", chosen + commit)

    said = project.try_up()

    assert_clear(said, "build_failed", "the last words of this build", "still live")
    assert "VoIP Accelerator" in page(project)

    project.edit("Pulumi.dev.yaml", commit, parent_of(project, commit))
    project.up()


def test_a_sandbox_that_is_down_is_named(project: Project) -> None:
    lines = project.run("env").out.splitlines()
    inside = dict(line.split("=", 1) for line in lines if "=" in line)
    project.stop()
    try:
        said = project.outside("pulumi", "preview", "--stack", "dev", environment=inside)
    finally:
        project.start()

    assert_clear(said, "cannot reach", "stackwright sandbox start")
