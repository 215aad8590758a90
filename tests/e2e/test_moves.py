"""Renames, moves and `--replace`: acts of the program that must not end the live objects."""

from tests.e2e.project import REF, Project
from tests.e2e.stripe_events import signed_event

RENAMES = {
    "components/web_app.py": [('"service",\n            opts', '"site",\n            opts')],
    "components/billing.py": [
        ('"events",\n', '"stripe-events",\n'),
        ('"accelerator",\n            opts', '"the-product",\n            opts'),
        ('("monthly", settings', '("each-month", settings'),
        ('f"accelerator_{name}"', '"accelerator_" + name.replace("each-month", "monthly")'),
    ],
    "components/edge_functions.py": [
        ('"billing-secrets",\n', '"keys",\n'),
        ('"functions",\n            opts', '"all-functions",\n            opts'),
    ],
    "__main__.py": [('"webhook-secret",\n', '"signing-secret",\n')],
}  # fmt: skip


def holdings(project: Project) -> dict[str, object]:
    """What the vendors hold, by the ids that users and links depend on."""
    render, stripe, supabase = project.render(), project.stripe(), project.supabase()
    functions = supabase("GET", f"/v1/projects/{REF}/functions")
    secrets = supabase("GET", f"/v1/projects/{REF}/secrets")
    return {
        "services": [item["service"]["id"] for item in render("GET", "/services")],
        "products": [p["id"] for p in stripe("GET", "/v1/products")["data"]],
        "prices": sorted(p["id"] for p in stripe("GET", "/v1/prices?active=true")["data"]),
        "endpoints": [e["url"] for e in stripe("GET", "/v1/webhook_endpoints")["data"]],
        "functions": sorted(f["slug"] for f in functions),
        "secrets": sorted(s["name"] for s in secrets if not s["name"].startswith("STACKWRIGHT_")),
        "marks": sum(s["name"].startswith("STACKWRIGHT_") for s in secrets),
    }


def assert_it_works(project: Project) -> None:
    """An event with the endpoint's secret is accepted, and nothing is left to do."""
    assert signed_event(project).status_code == 200
    assert project.up().nothing_changed


def test_renamed_resources_keep_their_live_objects_once(project: Project) -> None:
    before = holdings(project)
    for file, edits in RENAMES.items():
        for old, new in edits:
            project.edit(file, old, new)

    project.up()

    assert holdings(project) == before
    assert_it_works(project)


def test_resources_moved_under_a_component_keep_their_live_objects_once(project: Project) -> None:
    before = holdings(project)
    moved = "opts=pulumi.ResourceOptions(parent=self.below)"
    for file in ("components/web_app.py", "components/billing.py", "components/edge_functions.py"):
        project.edit(
            file, "super().__init__(", "below = pulumi.ComponentResource\n        super().__init__("
        )
        text = (project.folder / file).read_text()
        head, _, tail = text.partition(", name)\n")
        made = ', name)\n        self.below = below("voip:Below", f"{name}-below")\n'
        text = head + made + tail.replace("opts=pulumi.ResourceOptions(parent=self)", moved)
        (project.folder / file).write_text(text)

    project.up()

    assert any("voip:Below$stackwright:render:Service" in r["urn"] for r in project.state())
    assert holdings(project) == before
    assert_it_works(project)


REPLACED = (
    "project",
    "migrations",
    "area-codes",
    "accelerator",
    "monthly",
    "events",
    "webhook-secret",
    "billing-secrets",
    "functions",
    "service",
    "env-vars",
    "deploy",
)


def test_forced_replacements_keep_the_live_objects_once(project: Project) -> None:
    before = holdings(project)
    urns = [project.resource(name)["urn"] for name in REPLACED]

    said = project.up(*(f"--replace={urn}" for urn in urns))

    assert "replaced" in said.out
    assert holdings(project) == before
    assert_it_works(project)
