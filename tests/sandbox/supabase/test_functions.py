"""Deploying edge functions: versions, refusals of the bundler, bulk publication."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.sandbox.supabase import functions
from tests.sandbox.supabase.helpers import HELLO, REF, Sandbox, in_sandbox

FUNCTIONS = f"/v1/projects/{REF}/functions"


async def versions(sandbox: Sandbox) -> dict[str, int]:
    return {
        function["slug"]: function["version"]
        for function in (await sandbox.api.get(FUNCTIONS)).json()
    }


def test_every_deploy_makes_another_version_even_of_the_same_files(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        first = await sandbox.deploy(verify_jwt=True)
        second = await sandbox.deploy(verify_jwt=True)
        changed = await sandbox.deploy(code=HELLO + "// changed", verify_jwt=True)
        assert [answer.status_code for answer in (first, second, changed)] == [201] * 3
        assert [answer.json()["version"] for answer in (first, second, changed)] == [1, 2, 3]
        assert first.json()["id"] == changed.json()["id"]
        assert first.json()["ezbr_sha256"] == second.json()["ezbr_sha256"]
        assert first.json()["ezbr_sha256"] != changed.json()["ezbr_sha256"]
        assert first.json()["entrypoint_path"].startswith("file:///tmp/user_fn_")
        assert changed.json()["verify_jwt"] is True

    in_sandbox(tmp_path, test)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("const x = ;", "Expression expected"),
        ('import "./gone.ts";', 'Module not found "file:///source/functions/hello/gone.ts"'),
        ('import "unmapped";', 'Import "unmapped" not a dependency'),
    ],
)
def test_what_cannot_be_bundled_is_refused_with_the_reason(
    tmp_path: Path, code: str, reason: str
) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.deploy(code=code)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("Failed to bundle the function (reason: ")
        assert reason in answer.json()["message"]
        assert str(tmp_path) not in answer.text
        assert await versions(sandbox) == {}

    in_sandbox(tmp_path, test)


@pytest.mark.parametrize(
    ("slug", "metadata", "words"),
    [
        ("9lives", {}, "slug must match"),
        ("hello", {"entrypoint_path": "elsewhere.ts"}, "Entrypoint path does not exist"),
        ("hello", {"import_map_path": "gone.json"}, "Import map path does not exist"),
        ("hello", {"entrypoint_path": "../index.ts"}, "Invalid file path"),
        ("hello", {"verify_jwt": "yes"}, "verify_jwt must be a boolean"),
    ],
)
def test_wrong_metadata_is_refused(
    tmp_path: Path, slug: str, metadata: dict[str, Any], words: str
) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.deploy(slug, **metadata)
        assert answer.status_code == 400
        assert words in answer.json()["message"]

    in_sandbox(tmp_path, test)


def test_a_file_outside_of_the_bundle_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.deploy(files={"../../evil.ts": ""})
        assert answer.status_code == 400
        assert not (tmp_path / "supabase" / REF / "functions").exists()

    in_sandbox(tmp_path, test)


def test_a_deploy_without_metadata_or_form_is_refused(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        path = f"{FUNCTIONS}/deploy?slug=hello"
        assert (await sandbox.api.post(path, json={})).status_code == 400
        answer = await sandbox.api.post(path, files={"file": ("index.ts", b"")})
        assert answer.json() == {"message": "metadata: Required"}
        broken = await sandbox.api.post(
            path, content=b"--x\r\n", headers={"content-type": "multipart/form-data; boundary=y"}
        )
        assert broken.status_code == 400

    in_sandbox(tmp_path, test)


def test_a_bundle_alone_changes_nothing_until_it_is_published(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy("kept")
        await sandbox.deploy("first")
        bundles = [
            (await sandbox.deploy(slug, HELLO + "//2", bundle_only=True)).json()
            for slug in ("first", "second")
        ]
        assert await versions(sandbox) == {"kept": 1, "first": 1}
        answer = await publish(sandbox, bundles)
        assert answer.status_code == 200, answer.text
        assert await versions(sandbox) == {"kept": 1, "first": 2, "second": 1}
        assert {function["slug"] for function in answer.json()["functions"]} >= {"first", "second"}

    in_sandbox(tmp_path, test)


def test_publishing_twice_is_no_error(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        bundle = (await sandbox.deploy(bundle_only=True)).json()
        assert (await publish(sandbox, [bundle])).status_code == 200
        assert (await publish(sandbox, [bundle])).status_code == 200
        assert await versions(sandbox) == {"hello": 1}

    in_sandbox(tmp_path, test)


def test_one_unknown_bundle_stops_the_whole_publication(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        good = (await sandbox.deploy("good", bundle_only=True)).json()
        for wrong in ({"version": 9}, {"id": "other"}, {"status": "GONE"}, {"version": "1"}):
            answer = await publish(sandbox, [good, {**good, **wrong}])
            assert answer.status_code == 400
        assert await versions(sandbox) == {}

    in_sandbox(tmp_path, test)


async def publish(sandbox: Sandbox, bundles: list[dict[str, object]]) -> httpx.Response:
    """Publish as the vendor's command line tool does: without the checksums."""
    left_out = ("ezbr_sha256", "updated_at")
    body = [
        {name: value for name, value in bundle.items() if name not in left_out}
        for bundle in bundles
    ]
    return await sandbox.api.put(FUNCTIONS, json=body)


def test_the_plan_s_limit_of_functions_is_a_402(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "MOST_FUNCTIONS", 1)

    async def test(sandbox: Sandbox) -> None:
        assert (await sandbox.deploy("one")).status_code == 201
        assert (await sandbox.deploy("one")).status_code == 201
        assert (await sandbox.deploy("two")).status_code == 402

    in_sandbox(tmp_path, test)


def test_a_deleted_function_is_gone_and_deleting_it_again_is_a_404(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy()
        assert (await sandbox.api.delete(f"{FUNCTIONS}/hello")).json() == {"message": "ok"}
        assert (await sandbox.api.delete(f"{FUNCTIONS}/hello")).status_code == 404
        assert (await sandbox.api.get(f"{FUNCTIONS}/hello")).status_code == 404
        assert await versions(sandbox) == {}

    in_sandbox(tmp_path, test)


def test_the_token_check_can_be_changed_without_a_deploy(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(verify_jwt=True)
        answer = await sandbox.api.patch(f"{FUNCTIONS}/hello", json={"verify_jwt": False})
        assert (answer.json()["verify_jwt"], answer.json()["version"]) == (False, 1)

    in_sandbox(tmp_path, test)


def test_the_sources_of_a_function_can_be_downloaded(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(files={"functions/_shared/x.ts": "export const x = 1;"})
        answer = await sandbox.api.get(f"{FUNCTIONS}/hello/body")
        assert HELLO in answer.text
        assert 'filename="source/functions/_shared/x.ts"' in answer.text

    in_sandbox(tmp_path, test)
