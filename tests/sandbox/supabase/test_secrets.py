"""Secrets: digests only, bulk upsert, all or none."""

import hashlib
from pathlib import Path

import pytest

from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

SECRETS = f"/v1/projects/{REF}/secrets"


async def names(sandbox: Sandbox) -> list[str]:
    return [secret["name"] for secret in (await sandbox.api.get(SECRETS)).json()]


def test_a_secret_reads_back_as_the_digest_of_its_value(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.set_secrets(FOO="bär")
        assert (answer.status_code, answer.content) == (201, b"")
        (secret,) = (await sandbox.api.get(SECRETS)).json()
        assert secret["value"] == hashlib.sha256("bär".encode()).hexdigest()
        assert secret.keys() == {"name", "value", "updated_at"}

    in_sandbox(tmp_path, test)


def test_setting_secrets_leaves_the_others(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.set_secrets(A="1", B="2")
        await sandbox.set_secrets(B="3", C="4")
        assert await names(sandbox) == ["A", "B", "C"]

    in_sandbox(tmp_path, test)


def test_deleting_takes_names_and_does_not_mind_absent_ones(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.set_secrets(A="1", B="2")
        answer = await sandbox.api.request("DELETE", SECRETS, json=["A", "NEVER"])
        assert answer.status_code == 200
        assert await names(sandbox) == ["B"]

    in_sandbox(tmp_path, test)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "SUPABASE_URL", "value": "x"},
        {"name": "N" * 257, "value": "x"},
        {"name": "LONG", "value": "x" * 24_577},
        {"name": "NUMBER", "value": 7},
        {"name": "", "value": "x"},
        {"value": "x"},
        "text",
    ],
)
def test_one_wrong_secret_refuses_them_all(tmp_path: Path, wrong: object) -> None:
    async def test(sandbox: Sandbox) -> None:
        body = [{"name": "GOOD", "value": "x"}, wrong]
        answer = await sandbox.api.post(SECRETS, json=body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("1.")
        assert await names(sandbox) == []

    in_sandbox(tmp_path, test)


def test_the_101st_secret_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        assert (await sandbox.set_secrets(**{f"S{n}": "x" for n in range(100)})).is_success
        assert (await sandbox.set_secrets(S0="y")).is_success
        assert (await sandbox.set_secrets(S100="x")).status_code == 400

    in_sandbox(tmp_path, test)


def test_a_body_that_is_no_list_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for method in ("POST", "DELETE"):
            for content in (b'{"FOO": "bar"}', b"{", b""):
                answer = await sandbox.api.request(method, SECRETS, content=content)
                assert answer.status_code == 400

    in_sandbox(tmp_path, test)
