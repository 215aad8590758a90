"""A first `up` makes everything; after it nothing is left to do."""

from components import edge_functions
from tests.e2e.project import REF, Project

IDENTITY_READS = {
    ("stripe", "/v1/account"),
    ("render", "/v1/owners"),
    ("supabase", "/v1/projects"),
}


def test_a_fresh_up_converges_and_what_it_made_answers(fresh: Project) -> None:
    said = fresh.up()

    assert "failed" not in said.text
    (service,) = fresh.render()("GET", "/services")
    assert service["service"]["name"] == "voip-accelerator-staging"
    functions = fresh.supabase()("GET", f"/v1/projects/{REF}/functions")
    declared = {f.slug for f in edge_functions.FUNCTIONS if "dev" in f.stacks}
    assert {f["slug"] for f in functions} == declared
    assert fresh.database("SELECT count(*) FROM enhanced_lerg") == [(450,)]


def test_a_second_up_changes_nothing_and_reads_each_vendor_once(project: Project) -> None:
    mark = project.mark()

    said = project.up()

    assert said.nothing_changed
    assert project.writes(mark) == []
    asked = [(request["vendor"], request["path"]) for request in project.requests(mark)]
    assert len(asked) == len(set(asked))
    assert set(asked) <= IDENTITY_READS


def test_a_preview_changes_nothing_even_when_much_would_change(project: Project) -> None:
    project.edit("components/billing.py", 'name="VoIP Accelerator"', 'name="Another"')
    project.edit("components/web_app.py", "sh build.sh", "sh ./build.sh")
    project.edit("functions/_shared/http.ts", "\n", "\n// another\n")
    project.migration("20991201000000_more.sql", "CREATE TABLE more (id int);\n")
    mark, before = project.mark(), project.checkpoint()

    planned = project.planned()

    assert {"accelerator", "service", "functions", "migrations"} <= set(planned)
    assert project.writes(mark) == []
    assert project.checkpoint() == before
    assert project.database("SELECT to_regclass('more')") == [(None,)]


def test_no_tracked_file_is_written(project: Project) -> None:
    project.up()
    project.preview()
    project.run("pulumi", "stack", "select", "--create", "another")
    project.run("pulumi", "stack", "select", "dev")
    project.run("pulumi", "stack", "rm", "another", "--yes")

    assert project.git("status", "--porcelain") == ""
