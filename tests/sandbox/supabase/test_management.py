"""Tokens, unknown routes, rate limits and projects of the Management API."""

from pathlib import Path

import pytest

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.supabase import projects
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

PROJECT = f"/v1/projects/{REF}"


def test_a_call_without_the_token_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for value in ("", "Bearer sbp_wrong", "Basic x"):
            answer = await sandbox.api.get("/v1/projects", headers={"authorization": value})
            assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})

    in_sandbox(tmp_path, test)


def test_an_unknown_route_is_the_vendor_s_404_and_a_note_in_the_journal(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.get(f"{PROJECT}/pgsodium")
        assert answer.status_code == 404
        assert answer.json() == {"message": f"Cannot GET {PROJECT}/pgsodium"}
        assert sandbox.world.journal.entries()[-1].note == NOT_EMULATED

    in_sandbox(tmp_path, test)


def test_a_wrong_method_is_an_unknown_route(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.put(f"{PROJECT}/secrets", json=[])
        assert answer.status_code == 404

    in_sandbox(tmp_path, test)


def test_the_121st_call_in_a_minute_is_refused_until_the_minute_is_over(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for left in range(119, -1, -1):
            answer = await sandbox.api.get(f"{PROJECT}/secrets")
            assert answer.headers["x-ratelimit-remaining"] == str(left)
        sandbox.advance(20)
        refused = await sandbox.api.get(f"{PROJECT}/secrets")
        assert refused.status_code == 429
        assert refused.headers["x-ratelimit-limit"] == "120"
        assert refused.headers["x-ratelimit-reset"] == "40"
        assert (await sandbox.api.get(f"{PROJECT}/functions")).status_code == 200
        sandbox.advance(40)
        assert (await sandbox.api.get(f"{PROJECT}/secrets")).status_code == 200

    in_sandbox(tmp_path, test)


def test_a_malformed_ref_is_invalid_and_an_unknown_one_is_not_found(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        assert (await sandbox.api.get("/v1/projects/short")).status_code == 400
        assert (await sandbox.api.get(f"/v1/projects/{'A' * 20}")).status_code == 400
        answer = await sandbox.api.get(f"/v1/projects/{'z' * 20}/secrets")
        assert (answer.status_code, answer.json()) == (404, {"message": "Project not found"})

    in_sandbox(tmp_path, test)


def test_a_created_project_gets_a_database_with_its_own_password(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        body = {
            "name": "shop",
            "db_pass": "a password",
            "organization_slug": projects.organization_slug(sandbox.world),
            "region_selection": {"type": "smartGroup", "code": "emea"},
        }
        answer = await sandbox.api.post("/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        project = answer.json()
        assert project["status"] == "UNKNOWN"
        assert project["region"] == "eu-central-1"
        path = f"/v1/projects/{project['ref']}"
        early = await sandbox.api.delete(path)
        assert early.json() == {"message": "Project not ready for deletion."}
        await sandbox.finish()
        assert (await sandbox.api.get(path)).json()["status"] == "ACTIVE_HEALTHY"
        health = (await sandbox.api.get(f"{path}/health", params={"services": "db"})).json()
        assert health == [{"name": "db", "healthy": True, "status": "ACTIVE_HEALTHY"}]
        deleted = await sandbox.api.delete(path)
        assert isinstance(deleted.json()["id"], int)
        assert (await sandbox.api.get(path)).status_code == 404

    in_sandbox(tmp_path, test)


def test_an_unknown_field_of_a_new_project_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        body = {"name": "x", "db_pass": "y", "organization_slug": "z", "colour": "red"}
        answer = await sandbox.api.post("/v1/projects", json=body)
        assert answer.status_code == 400
        assert answer.json() == {"message": "property colour should not exist"}

    in_sandbox(tmp_path, test)


def test_a_project_of_another_organization_cannot_be_made(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        body = {"name": "x", "db_pass": "y", "organization_slug": "somebody-else"}
        assert (await sandbox.api.post("/v1/projects", json=body)).status_code == 404

    in_sandbox(tmp_path, test)


def test_the_new_secret_key_is_masked_unless_asked_for(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        secret = sandbox.project["secret_key"]
        masked = (await sandbox.api.get(f"{PROJECT}/api-keys")).text
        shown = (await sandbox.api.get(f"{PROJECT}/api-keys?reveal=true")).text
        assert secret not in masked
        assert secret in shown

    in_sandbox(tmp_path, test)


def test_health_wants_known_services(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for query in ({}, {"services": "db,coffee"}):
            answer = await sandbox.api.get(f"{PROJECT}/health", params=query)
            assert answer.status_code == 400

    in_sandbox(tmp_path, test)


def test_a_project_whose_database_is_gone_is_unhealthy(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.get(f"{PROJECT}/health", params={"services": "db"})
        assert answer.json() == [{"name": "db", "healthy": False, "status": "UNHEALTHY"}]

    in_sandbox(tmp_path, test)


def test_settings_change_in_part_and_refuse_unknown_names(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.patch(f"{PROJECT}/postgrest", json={"max_rows": 5})
        assert answer.json()["max_rows"] == 5
        assert answer.json()["db_schema"] == "public,graphql_public"
        assert "jwt_secret" not in answer.json()
        refused = await sandbox.api.patch(f"{PROJECT}/postgrest", json={"rows": 5})
        assert refused.status_code == 400
        changed = await sandbox.api.patch(
            f"{PROJECT}/config/auth", json={"site_url": "https://a.example", "smtp_pass": "hunter2"}
        )
        assert changed.json()["site_url"] == "https://a.example"
        assert "hunter2" not in changed.text

    in_sandbox(tmp_path, test)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("config/auth", {"jwt_exp": "x"}),
        ("config/auth", {"jwt_exp": True}),
        ("config/auth", {"disable_signup": "yes"}),
        ("config/auth", {"site_url": "https://a.example,https://b.example"}),
        ("postgrest", {"max_rows": "7"}),
    ],
)
def test_settings_of_a_wrong_type_are_refused(
    tmp_path: Path, path: str, body: dict[str, object]
) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.patch(f"{PROJECT}/{path}", json=body)
        assert answer.status_code == 400

    in_sandbox(tmp_path, test)
