"""Signing up and in: real users in the project's database, tokens that functions accept."""

from pathlib import Path
from typing import Any

import httpx

from stackwright.sandbox.supabase import tokens
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

AUTH = f"/{REF}/auth/v1"
ANN = {"email": "Ann@Example.com", "password": "a long word"}
TRIGGER = """
create table public.profiles (id uuid primary key, email text);
create function public.handle_new_user() returns trigger language plpgsql security definer
    as $$ begin %s; return new; end $$;
create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.handle_new_user();
"""


async def sign_up(sandbox: Sandbox, **more: Any) -> httpx.Response:
    return await sandbox.gateway.post(f"{AUTH}/signup", json=ANN | more, headers=sandbox.anon)


async def sign_in(sandbox: Sandbox, grant: str = "password", **body: Any) -> httpx.Response:
    return await sandbox.gateway.post(
        f"{AUTH}/token", params={"grant_type": grant}, json=body, headers=sandbox.anon
    )


async def run_sql(sandbox: Sandbox, query: str) -> list[dict[str, Any]]:
    path = f"/v1/projects/{REF}/database/query"
    answer = await sandbox.api.post(path, json={"query": query})
    assert answer.is_success, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def test_the_sign_up_trigger_runs_and_a_function_takes_the_user_s_token(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        action = "insert into public.profiles values (new.id, new.email)"
        await run_sql(sandbox, TRIGGER % action)
        answer = await sign_up(sandbox, data={"plan": "free"})
        assert answer.status_code == 200, answer.text
        session = answer.json()
        assert await run_sql(sandbox, "select email from public.profiles") == [
            {"email": "ann@example.com"}
        ]
        claims = tokens.verify(
            session["access_token"], sandbox.project["jwt_secret"], sandbox.world.clock.now()
        )
        assert (claims["role"], claims["sub"]) == ("authenticated", session["user"]["id"])
        assert claims["user_metadata"] == {"plan": "free"}
        await sandbox.deploy(verify_jwt=True)
        headers = {"authorization": f"Bearer {session['access_token']}"}
        assert (await sandbox.call(headers=headers)).text == "hello"
        sandbox.advance(3600)
        assert (await sandbox.call(headers=headers)).status_code == 401

    in_sandbox(tmp_path, test, database=True)


def test_a_trigger_that_fails_undoes_the_sign_up(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        # No schema named: the auth server's search path has no public, as at the vendor.
        await run_sql(sandbox, TRIGGER % "insert into profiles values (new.id)")
        answer = await sign_up(sandbox)
        assert answer.status_code == 500
        assert answer.json()["msg"].startswith("Database error saving new user")
        assert await run_sql(sandbox, "select id from auth.users") == []

    in_sandbox(tmp_path, test, database=True)


def test_a_user_signs_in_asks_who_they_are_and_signs_out(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sign_up(sandbox)
        wrong = await sign_in(sandbox, email=ANN["email"], password="wrong")
        assert (wrong.status_code, wrong.json()["error_code"]) == (400, "invalid_credentials")
        session = (await sign_in(sandbox, **ANN)).json()
        me = {**sandbox.anon, "authorization": f"Bearer {session['access_token']}"}
        user = (await sandbox.gateway.get(f"{AUTH}/user", headers=me)).json()
        assert user["email"] == "ann@example.com"
        renewed = await sign_in(sandbox, "refresh_token", refresh_token=session["refresh_token"])
        assert renewed.status_code == 200
        again = await sign_in(sandbox, "refresh_token", refresh_token=session["refresh_token"])
        assert again.status_code == 400
        assert (await sandbox.gateway.post(f"{AUTH}/logout", headers=me)).status_code == 204
        late = renewed.json()["refresh_token"]
        assert (await sign_in(sandbox, "refresh_token", refresh_token=late)).status_code == 400

    in_sandbox(tmp_path, test, database=True)


def test_wrong_sign_ups_are_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        assert (await sign_up(sandbox)).status_code == 200
        assert (await sign_up(sandbox)).json()["error_code"] == "user_already_exists"
        assert (await sign_up(sandbox, password="abc")).json()["error_code"] == "weak_password"
        assert (await sign_up(sandbox, email="nobody")).status_code == 400
        await sandbox.api.patch(f"/v1/projects/{REF}/config/auth", json={"disable_signup": True})
        closed = await sign_up(sandbox, email="late@example.com")
        assert closed.json()["error_code"] == "signup_disabled"

    in_sandbox(tmp_path, test, database=True)


def test_without_autoconfirm_nobody_signs_in_before_the_mail_is_answered(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        path = f"/v1/projects/{REF}/config/auth"
        await sandbox.api.patch(path, json={"mailer_autoconfirm": False})
        assert "access_token" not in (await sign_up(sandbox)).json()
        refused = await sign_in(sandbox, **ANN)
        assert refused.json()["error_code"] == "email_not_confirmed"

    in_sandbox(tmp_path, test, database=True)


def test_only_the_service_role_manages_users(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        path = f"{AUTH}/admin/users"
        body = {**ANN, "email_confirm": True}
        refused = await sandbox.gateway.post(path, json=body, headers=sandbox.anon)
        assert (refused.status_code, refused.json()["error_code"]) == (403, "not_admin")
        key = sandbox.service_role
        user = (await sandbox.gateway.post(path, json=body, headers=key)).json()
        assert (await sign_in(sandbox, **ANN)).status_code == 200
        changed = {"password": "another word"}
        await sandbox.gateway.put(f"{path}/{user['id']}", json=changed, headers=key)
        assert (await sign_in(sandbox, **(ANN | changed))).status_code == 200
        listed = (await sandbox.gateway.get(path, headers=key)).json()["users"]
        assert [entry["id"] for entry in listed] == [user["id"]]
        assert (await sandbox.gateway.delete(f"{path}/{user['id']}", headers=key)).is_success
        gone = await sandbox.gateway.get(f"{path}/{user['id']}", headers=key)
        assert gone.status_code == 404

    in_sandbox(tmp_path, test, database=True)


def test_the_auth_server_wants_a_key_of_the_project(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        assert (await sandbox.gateway.get(f"{AUTH}/health")).status_code == 401
        wrong = await sandbox.gateway.get(f"{AUTH}/health", headers={"apikey": "wrong"})
        assert wrong.json()["message"] == "Invalid API key"
        key = {"apikey": sandbox.project["publishable_key"]}
        assert (await sandbox.gateway.get(f"{AUTH}/health", headers=key)).status_code == 200

    in_sandbox(tmp_path, test)


def test_a_browser_may_ask_from_anywhere(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        asked = await sandbox.gateway.options(f"{AUTH}/signup")
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "*"
        refused = await sandbox.gateway.get(f"{AUTH}/health")
        assert refused.headers["access-control-allow-origin"] == "*"

    in_sandbox(tmp_path, test)
