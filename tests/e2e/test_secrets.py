"""No secret stands in clear in anything that Pulumi, the plugin or the sandbox's page leaves."""

import base64
import os
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.e2e.project import Project, Said, running

NAMES = (
    "RENDER_API_KEY",
    "STRIPE_API_KEY_LIVE",
    "STRIPE_API_KEY_TEST",
    "SUPABASE_ACCESS_TOKEN",
    "SUPABASE_DB_PASSWORD",
)
FOLDERS = ("state", "home", "config", "bin")
"""Below `.stackwright/pulumi`: the passphrase beside them seals the state and is no part of it."""


def canaries(project: Project) -> dict[str, str]:
    """Every secret of the sandbox, by name."""
    secrets = dict(zip(NAMES, project.variables(*NAMES), strict=True))
    keys = project.supabase()("GET", "/v1/projects/voipacceleratordevaa/api-keys?reveal=true")
    secrets["service_role"] = next(k["api_key"] for k in keys if k["name"] == "service_role")
    secrets["webhook"] = project.webhook_secret()
    return secrets


def forms(secret: str) -> set[bytes]:
    """A secret as it may stand in a file: plain, in an address, in base64."""
    plain = secret.encode()
    return {plain, quote(secret, safe="").encode(), base64.b64encode(plain).rstrip(b"=")}


def found_in(content: bytes, secrets: dict[str, str]) -> set[str]:
    return {name for name, secret in secrets.items() if any(f in content for f in forms(secret))}


def leaks(folder: Path, secrets: dict[str, str]) -> dict[str, set[str]]:
    """Files below a folder that hold a secret."""
    files = [Path(at) / name for at, _, names in os.walk(folder) for name in names]
    held = {str(path): found_in(path.read_bytes(), secrets) for path in files if path.is_file()}
    return {path: names for path, names in held.items() if names}


def everything_said(project: Project) -> list[Said]:
    """What commands of all kinds print, a failing one among them."""
    said = [
        project.preview("--diff"),
        project.pulumi("preview", "--json"),
        project.pulumi("stack", "export"),
        project.stackwright_on_stack("verify"),
        project.stackwright("sandbox", "journal", "--json"),
        project.stackwright("sandbox", "status"),
    ]
    project.edit("components/billing.py", '"invoice.payment_failed"', '"charge.refunded"')
    project.edit("__main__.py", '"STRIPE_WEBHOOK_SECRET": ', '"ANOTHER_NAME": ')
    said.append(project.pulumi("preview", "--diff"))
    project.fault("status", vendor="stripe", method="POST", status=400, times=1)
    said.append(project.try_up("--verbose=3", "--logtostderr", "--diff"))
    return said


def test_the_search_would_find_a_secret(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"url": "postgresql://postgres:p%40ss@host"}')
    assert leaks(tmp_path, {"password": "p@ss"}) == {str(tmp_path / "state.json"): {"password"}}


def test_no_secret_is_found_in_clear_anywhere(project: Project) -> None:
    secrets = canaries(project)

    for said in everything_said(project):
        assert found_in(said.text.encode(), secrets) == set(), said.text

    kept = project.folder / ".stackwright"
    for folder in [*(kept / "pulumi" / name for name in FOLDERS), kept / "cache", kept / "shadow"]:
        assert leaks(folder, secrets) == {}
    assert leaks(kept / "sandbox/logs", secrets) == {}


def test_no_secret_is_found_on_the_sandboxs_page(project: Project) -> None:
    secrets = canaries(project)
    home = httpx.get(project.page, trust_env=False).raise_for_status().text
    service = project.resource("service")["id"]
    log = httpx.get(f"{project.page}/services/{service}/logs", trust_env=False)

    assert "STRIPE_WEBHOOK_SECRET" in home
    for text in (home, log.raise_for_status().text):
        assert found_in(text.encode(), secrets) == set()


def test_no_secret_is_found_in_a_command_line_during_a_rollout(project: Project) -> None:
    secrets = canaries(project)
    project.edit("components/web_app.py", "sh build.sh", "sleep 1; sh build.sh")
    seen: set[str] = set()
    run = project.popen("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")

    while run.poll() is None:
        seen |= {line for _, line in running()}

    run.communicate()
    assert any("stackwright.plugin" in line for line in seen)
    assert {line for line in seen if found_in(line.encode(), secrets)} == set()
