"""What changed outside shows in a refresh and is set back; without that, a refresh is silent."""

from tests.e2e.project import REF, Project


def test_a_refresh_after_up_finds_no_drift(project: Project) -> None:
    mark = project.mark()

    said = project.pulumi("refresh", "--preview-only", "--expect-no-changes")

    assert said.code == 0, said.text
    assert project.writes(mark) == []


def test_what_was_changed_by_hand_shows_and_is_set_back(project: Project) -> None:
    service = project.resource("service")["id"]
    endpoint = project.resource("events")["id"]
    variable = f"/services/{service}/env-vars/VITE_APP_ENV"
    render, stripe, supabase = project.render(), project.stripe(), project.supabase()
    render("PUT", variable, json={"value": "by hand"})
    render("PUT", f"/services/{service}/env-vars/THEIRS", json={"value": "stays"})
    stripe("POST", f"/v1/webhook_endpoints/{endpoint}", data={"enabled_events[]": "*"})
    supabase("DELETE", f"/v1/projects/{REF}/functions/ping-status")

    shown = project.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert shown.code != 0
    for word in ("VITE_APP_ENV", "enabled_events", "ping-status"):
        assert word in shown.text

    project.up("--refresh")
    assert render("GET", variable)["value"] == "staging"
    assert render("GET", f"/services/{service}/env-vars/THEIRS")["value"] == "stays"
    found = stripe("GET", f"/v1/webhook_endpoints/{endpoint}")["enabled_events"]
    assert "checkout.session.completed" in found
    assert project.call("ping-status").json()["status"] == "ok"
    assert project.pulumi("refresh", "--preview-only", "--expect-no-changes").code == 0
