"""A36: variables were written, the deploy was not; the next run must not say "no changes"."""

import httpx

from tests.e2e.project import Project, Said

VARIABLE = '"VITE_APP_ENV": settings.app_env'


def change_variable(project: Project) -> None:
    project.edit("components/web_app.py", VARIABLE, '"VITE_APP_ENV": "rehearsal"')


def assert_live(project: Project) -> None:
    """The page that users get was built with the new value."""
    url = project.status()["services"]["voip-accelerator-staging"]
    assert '"rehearsal"' in httpx.get(f"{url}/app.js", trust_env=False).text


def assert_said(said: Said) -> None:
    assert said.code != 0
    assert "Traceback" not in said.text


def test_a36_variables_whose_answer_was_lost_go_live_in_the_same_run(project: Project) -> None:
    change_variable(project)
    project.fault("lost", vendor="render", method="PUT", path="env-vars", times=1)

    project.up()

    assert_live(project)


def test_a36_a_deploy_that_was_refused_is_made_by_the_next_run(project: Project) -> None:
    change_variable(project)
    project.fault("status", status=402, vendor="render", method="POST", path="deploys", times=1)
    assert_said(project.try_up())

    mark = project.mark()
    project.up()

    service = project.resource("service")["id"]
    assert project.writes(mark) == [f"POST /v1/services/{service}/deploys"]
    assert_live(project)


def test_a36_a_deploy_whose_answer_was_lost_is_not_made_twice(project: Project) -> None:
    change_variable(project)
    project.fault("lost", vendor="render", method="POST", path="deploys$", times=1)
    mark = project.mark()

    project.up()

    service = project.resource("service")["id"]
    deploys = [w for w in project.writes(mark) if w == f"POST /v1/services/{service}/deploys"]
    assert len(deploys) == 1
    assert_live(project)
