"""`destroy` takes away what the stack made, and only that; `up` makes it again."""

from tests.e2e.project import REF, Project
from tests.e2e.test_killed import assert_everything_is_there_once


def children(project: Project) -> list[str]:
    """Processes of the product: web apps and functions."""
    return [line for line in project.processes() if "deno" in line or "static_site" in line]


def test_destroy_removes_everything_leaves_no_process_and_up_makes_it_again(
    project: Project,
) -> None:
    project.call("ping-status")
    assert children(project)

    project.destroy()

    assert project.state() == []
    render, stripe, supabase = project.render(), project.stripe(), project.supabase()
    assert render("GET", "/services") == []
    assert stripe("GET", "/v1/prices?active=true")["data"] == []
    assert stripe("GET", "/v1/products?active=true")["data"] == []
    assert stripe("GET", "/v1/webhook_endpoints")["data"] == []
    assert supabase("GET", f"/v1/projects/{REF}/functions") == []
    assert supabase("GET", f"/v1/projects/{REF}/secrets") == []
    assert children(project) == []
    assert project.status()["services"] == {}
    assert project.database("SELECT count(*) FROM enhanced_lerg") == [(450,)]  # data is kept

    mark = project.mark()
    project.destroy()
    assert project.writes(mark) == []

    project.up()
    assert_everything_is_there_once(project)
    assert project.up().nothing_changed


def test_destroy_leaves_what_others_made(project: Project) -> None:
    supabase, stripe = project.supabase(), project.stripe()
    theirs = [{"name": "THEIR_SECRET", "value": "theirs"}]
    supabase("POST", f"/v1/projects/{REF}/secrets", json=theirs)
    product = stripe("POST", "/v1/products", data={"name": "Theirs"})["id"]

    project.destroy()

    names = [s["name"] for s in supabase("GET", f"/v1/projects/{REF}/secrets")]
    assert names == ["THEIR_SECRET"]
    active = stripe("GET", "/v1/products?active=true")["data"]
    assert [found["id"] for found in active] == [product]
