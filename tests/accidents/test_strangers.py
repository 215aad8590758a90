"""What others own, or set by hand, is neither taken over nor thrown away."""

from tests.e2e.project import Project

SITE = {
    "type": "static_site",
    "name": "voip-accelerator-staging",
    "repo": "https://github.com/voip-accelerator/web",
    "branch": "main",
    "autoDeploy": "no",
    "serviceDetails": {"buildCommand": "true", "publishPath": "."},
}


def test_a35_a_service_of_somebody_else_with_the_wanted_name_is_refused(fresh: Project) -> None:
    render = fresh.render()
    (owner,) = fresh.variables("RENDER_OWNER_ID")
    theirs = render("POST", "/services", json=SITE | {"ownerId": owner})["service"]["id"]

    said = fresh.try_up()

    assert said.code != 0
    assert "REFUSED" in said.text
    assert "voip-accelerator-staging exists already" in said.text
    fresh.destroy()
    assert [item["service"]["id"] for item in render("GET", "/services")] == [theirs]
    names = [item["envVar"]["key"] for item in render("GET", f"/services/{theirs}/env-vars")]
    assert names == []


def test_a18_a_variable_set_in_the_dashboard_stays(project: Project) -> None:
    service = project.resource("service")["id"]
    render = project.render()
    render("PUT", f"/services/{service}/env-vars/THEIRS", json={"value": "stays"})
    project.edit("components/web_app.py", "settings.app_env,\n", '"rehearsal",\n')

    project.up()

    assert render("GET", f"/services/{service}/env-vars/THEIRS")["value"] == "stays"
    assert project.resource("env-vars")["outputs"]["unmanaged"] == ["THEIRS"]


def test_a31_a_function_redeployed_by_hand_shows_in_a_refresh(project: Project) -> None:
    base = "/v1/projects/voipacceleratordevaa/functions"
    metadata = '{"entrypoint_path": "index.ts", "name": "ping-status", "verify_jwt": false}'
    source = b'Deno.serve(() => new Response("by hand"));'
    files = {"metadata": (None, metadata), "file": ("index.ts", source)}
    project.supabase()("POST", f"{base}/deploy?slug=ping-status", files=files)

    shown = project.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert shown.code != 0
    assert "ping-status" in shown.text

    project.up("--refresh")
    assert project.call("ping-status").json()["status"] == "ok"
