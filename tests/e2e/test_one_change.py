"""One thing is changed: that one thing is rolled out, once, and what users get changes."""

import shutil

import httpx

from tests.e2e.project import REF, Project

DEPLOYS = "/deploys"
WEB_APP = ".stackwright/sandbox/render/repositories/web-app"


def page(project: Project, path: str = "") -> str:
    """A file of the web app as a browser gets it."""
    url = project.status()["services"]["voip-accelerator-staging"]
    return httpx.get(f"{url}/{path}", trust_env=False).raise_for_status().text


def test_one_changed_variable_is_one_write_and_one_deploy(project: Project) -> None:
    project.edit(
        "components/web_app.py",
        '"VITE_APP_ENV": settings.app_env',
        '"VITE_APP_ENV": "rehearsal"',
    )
    mark = project.mark()

    project.up()

    service = project.resource("service")["id"]
    assert project.writes(mark) == [
        f"PUT /v1/services/{service}/env-vars",
        f"POST /v1/services/{service}/deploys",
    ]
    assert '"rehearsal"' in page(project, "app.js")


def test_a_chosen_commit_is_one_deploy_of_that_commit(project: Project) -> None:
    commit = commit_to_web_app(project, "index.html", "<!-- the second version -->\n")
    project.edit(
        "Pulumi.dev.yaml",
        "voip-accelerator:web_app_branch: develop",
        f"voip-accelerator:web_app_branch: develop\n  voip-accelerator:web_app_commit: {commit}",
    )
    mark = project.mark()

    project.up()

    service = project.resource("service")["id"]
    assert project.writes(mark) == [f"POST /v1/services/{service}/deploys"]
    (newest, *_) = project.render()("GET", f"/services/{service}/deploys")
    assert newest["deploy"]["commit"]["id"] == commit
    assert newest["deploy"]["status"] == "live"
    assert "the second version" in page(project)


def parent_of(project: Project, commit: str) -> str:
    """The commit of the web app before another one."""
    return project.git("-C", str(project.folder / WEB_APP), "rev-parse", f"{commit}~1").strip()


def commit_to_web_app(project: Project, file: str, more: str) -> str:
    """Add a line to a file on the branch that Render builds; answers the commit."""
    origin = str(project.folder / WEB_APP)
    clone = project.folder / ".stackwright/web-app-clone"
    project.git("clone", "--quiet", "--branch", "develop", origin, str(clone))
    with (clone / file).open("a") as opened:
        opened.write(more)
    project.git("-C", str(clone), "commit", "--quiet", "--all", "--message", "More")
    project.git("-C", str(clone), "push", "--quiet", "origin", "develop")
    commit = project.git("-C", str(clone), "rev-parse", "HEAD").strip()
    shutil.rmtree(clone)
    return commit


def test_a_shared_file_uploads_only_the_functions_that_import_it(project: Project) -> None:
    assert project.call("get-npa-location", {"npa": "212"}).json()["country_name"] == (
        "United States"
    )
    project.edit(
        "functions/_shared/lerg.ts", "country_name,", "upper(country_name) as country_name,"
    )
    before = project.resource("functions")["outputs"]["versions"]
    mark = project.mark()

    project.up()

    base = f"/v1/projects/{REF}/functions"
    assert project.writes(mark) == [f"POST {base}/deploy", f"POST {base}/deploy", f"PUT {base}"]
    after = project.resource("functions")["outputs"]["versions"]
    assert {slug for slug in after if after[slug] != before[slug]} == {
        "get-enhanced-lerg-data",
        "get-npa-location",
    }
    answer = project.call("get-npa-location", {"npa": "212"}).json()
    assert answer["country_name"] == "UNITED STATES"


def test_another_amount_makes_a_new_price_and_tells_everybody(project: Project) -> None:
    project.edit("Pulumi.dev.yaml", '"9900"', '"12900"')
    old = project.resource("monthly")["id"]
    mark = project.mark()

    project.up()

    new = project.resource("monthly")["id"]
    stripe = project.stripe()
    before, after = (stripe("GET", f"/v1/prices/{price}") for price in (old, new))
    assert (after["unit_amount"], after["lookup_key"]) == (12900, "accelerator_monthly")
    assert (before["active"], after["active"]) == (False, True)
    writes = project.writes(mark)
    assert [w for w in writes if w.endswith(DEPLOYS)] == [
        f"POST /v1/services/{project.resource('service')['id']}/deploys"
    ]
    assert new in page(project, "app.js")
    assert f"POST /v1/projects/{REF}/secrets" in writes


def test_an_event_more_updates_the_endpoint_and_keeps_its_secret(project: Project) -> None:
    project.edit(
        "components/billing.py",
        '    "invoice.payment_failed",\n',
        '    "invoice.payment_failed",\n    "charge.refunded",\n',
    )
    endpoint = project.resource("events")["id"]
    mark = project.mark()

    project.up()

    assert project.writes(mark) == [f"POST /v1/webhook_endpoints/{endpoint}"]
    found = project.stripe()("GET", f"/v1/webhook_endpoints/{endpoint}")
    assert "charge.refunded" in found["enabled_events"]
