"""Answers have the fields and types of the vendor's recorded ones (recorded_shapes.json).

The recordings are of the vendor's own command line tool's tests; only their shapes are kept.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.supabase import projects
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

RECORDED = json.loads(Path(__file__).with_name("recorded_shapes.json").read_text())
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/projects/{ref}/database/query"): {"query": "SELECT 1"},
    ("POST", "/v1/projects/{ref}/secrets"): [{"name": "FOO", "value": "bar"}],
    ("DELETE", "/v1/projects/{ref}/secrets"): ["FOO"],
}


def shape(value: Any) -> Any:
    """The types of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    names = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    return names[type(value)]


@pytest.mark.parametrize(
    "recorded", RECORDED, ids=lambda r: f"{r['method']} {r['path']} {r['status']} {r['query']}"
)
def test_the_answer_has_the_recorded_shape(tmp_path: Path, recorded: dict[str, Any]) -> None:
    async def test(sandbox: Sandbox) -> None:
        await prepare(sandbox, recorded)
        answer = await sandbox.api.request(
            recorded["method"],
            recorded["path"].replace("{ref}", REF),
            params=recorded["query"],
            json=body_of(sandbox, recorded),
        )
        assert answer.status_code == recorded["status"], answer.text
        assert (shape(answer.json()) if answer.content else None) == recorded["response"]

    database = "database/query" in recorded["path"]
    in_sandbox(tmp_path, test, database=database)


async def prepare(sandbox: Sandbox, recorded: dict[str, Any]) -> None:
    """Make what the recorded call needs."""
    if recorded["path"].endswith("/hello-world"):
        await sandbox.deploy("hello-world")
    if recorded["method"] == "DELETE" and recorded["status"] == 400:
        projects.set_status(sandbox.world, REF, "COMING_UP")


def body_of(sandbox: Sandbox, recorded: dict[str, Any]) -> Any:
    """A body of the recorded shape."""
    if (recorded["method"], recorded["path"]) == ("POST", "/v1/projects"):
        return {
            "db_pass": "password123",
            "desired_instance_size": "micro",
            "name": "my-project",
            "organization_slug": projects.organization_slug(sandbox.world),
            "region": "us-east-1",
        }
    return BODIES.get((recorded["method"], recorded["path"]))
