"""Whatever is sent, the stand-in answers; only the database may fail, and then it says why."""

import json
from pathlib import Path
from typing import Any

from stackwright.sandbox.supabase import routes
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

WRONG: list[Any] = [
    *(None, True, 7, "", "\0", [], [None], [{}], {}, {"a": 1}, {"name": None}),
    *([{"name": None}], [{"name": "A", "value": None}], {"query": 1}, {"query": "\0"}),
    {"query": "select $1", "parameters": [{"a": 1}]},
    {"query": "select 1", "parameters": [None, [1]]},
    {"query": "select pg_terminate_backend(pg_backend_pid())"},
    {"query": "select repeat('x', 10); select"},
    {"name": "x", "db_pass": "yyyy", "organization_slug": "z", "region_selection": {}},
    {"name": "x", "db_pass": "a\nbcd", "organization_slug": "z"},
    *({"password": None}, {"password": "abcd\0"}, {"site_url": 3}, {"jwt_exp": "x"}),
    *({"jwt_exp": True}, {"max_rows": "7"}),
    {"email": "a@b", "password": "secret1", "data": [1]},
    {"email": "a\0@b", "password": "secret1"},
    {"email": "c@b", "password": "secret1", "data": {"x": "\0"}},
]
RAW = [b"", b"{", b"\xff", *(json.dumps(value).encode() for value in WRONG)]
AUTH = [
    *(("POST", "signup"), ("POST", "token?grant_type=password"), ("PUT", "user")),
    *(("POST", "token?grant_type=refresh_token"), ("POST", "token"), ("POST", "logout")),
    *(("POST", "admin/users"), ("GET", "admin/users?page=x"), ("GET", "admin/users?page=-1")),
    *(("GET", "admin/users/x"), ("PUT", "admin/users/x"), ("DELETE", "admin/users/x")),
]


def test_no_body_makes_the_management_api_fail(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        sandbox.world.set_setting("supabase.rate_limit", 10_000)
        for method, template, _ in routes.OPERATIONS:
            if (method, template) == ("DELETE", "/v1/projects/{ref}"):
                continue
            path = template.replace("{ref}", REF).replace("{slug}", "hello")
            for body in RAW:
                answer = await sandbox.api.request(method, path, content=body)
                failed = answer.status_code >= 500 and "Failed to run sql" not in answer.text
                assert not failed, (method, path, body, answer.text)

    in_sandbox(tmp_path, test, database=True)


def test_no_body_makes_the_auth_server_fail(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for headers in (sandbox.anon, sandbox.service_role):
            for method, path in AUTH:
                for body in RAW:
                    answer = await sandbox.gateway.request(
                        method, f"/{REF}/auth/v1/{path}", content=body, headers=headers
                    )
                    assert answer.status_code < 500, (method, path, body, answer.text)

    in_sandbox(tmp_path, test, database=True)
