import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from stackwright.cli.sandbox import command
from stackwright.sandbox.launcher import Launcher, SandboxError, sandbox_of, scenario_of
from stackwright.sandbox.ports import Ports
from stackwright.sandbox.processes import start_time
from stackwright.sandbox.store import Store


def render(launcher: Launcher, method: str, path: str, body: Any = None) -> httpx.Response:
    """Ask the Render stand-in with the sandbox's own key."""
    store = Store(launcher.root / "store.sqlite")
    key = (store.get("sandbox.credentials", "render") or {})["api_key"]
    store.close()
    url = launcher.ask("GET", "status")["render"]
    with httpx.Client(trust_env=False) as client:
        headers = {"authorization": f"Bearer {key}"}
        return client.request(method, f"{url}/v1{path}", json=body, headers=headers)


def create_service(launcher: Launcher) -> str:
    """A web service that is being made; its id."""
    (owner,) = render(launcher, "GET", "/owners").json()
    commands = {"buildCommand": "true", "startCommand": "sleep 600"}
    body = {
        "type": "background_worker",
        "name": "worker",
        "ownerId": owner["owner"]["id"],
        "repo": "https://github.com/shop/web",
        "serviceDetails": {"runtime": "python", "envSpecificDetails": commands},
    }
    answer = render(launcher, "POST", "/services", body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["service"]["id"]
    return made


def daemon_pid(launcher: Launcher) -> int:
    pid: int = json.loads((launcher.root / "daemon.json").read_text())["pid"]
    return pid


def left_behind(launcher: Launcher) -> list[int]:
    """The pids in the pid files that live."""
    files = (launcher.root / "run").glob("*.json")
    known = [json.loads(path.read_text()) for path in files]
    return [child["pid"] for child in known if start_time(child["pid"]) == child["started"]]


def wait_for_process(launcher: Launcher) -> None:
    while not left_behind(launcher):
        launcher.sleep(0.02)


def test_a_sandbox_starts_once_and_answers(launcher: Launcher, scenario: str) -> None:
    assert launcher.start(scenario) is True
    assert launcher.start(scenario) is False
    found = launcher.ask("GET", "status")
    assert set(found) == {
        "page", "render", "supabase", "stripe", "databases", "services", "functions"
    }  # fmt: skip
    assert httpx.get(found["page"], trust_env=False).status_code == 200


def test_ports_and_state_survive_a_restart(launcher: Launcher, scenario: str) -> None:
    launcher.start(scenario)
    service = create_service(launcher)
    before = launcher.ask("GET", "status")
    assert launcher.stop() is True
    assert not launcher.running()
    launcher.start(scenario)
    assert launcher.ask("GET", "status") == before
    assert render(launcher, "GET", f"/services/{service}").status_code == 200


def test_stop_ends_every_process_even_of_a_killed_daemon(launcher: Launcher, scenario: str) -> None:
    launcher.start(scenario)
    create_service(launcher)
    wait_for_process(launcher)
    os.kill(daemon_pid(launcher), signal.SIGKILL)
    assert left_behind(launcher)
    assert launcher.stop() is True
    assert left_behind(launcher) == []
    assert launcher.stop() is False


def test_a_sandbox_that_was_killed_starts_again(launcher: Launcher, scenario: str) -> None:
    launcher.start(scenario)
    service = create_service(launcher)
    os.kill(daemon_pid(launcher), signal.SIGKILL)
    assert launcher.start(scenario) is True
    assert render(launcher, "GET", f"/services/{service}").status_code == 200


def test_a_port_taken_by_somebody_else_is_named(launcher: Launcher, scenario: str) -> None:
    port = Ports(launcher.root / "ports.json").port("stripe")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(SandboxError, match=f"Port {port} of the sandbox's stripe server"):
            launcher.start(scenario)
    assert launcher.start(scenario) is True


def test_an_unknown_scenario_is_named(launcher: Launcher) -> None:
    with pytest.raises(SandboxError, match="There is no scenario 'nonsense'"):
        launcher.start("nonsense")


def test_a_reset_empties_everything_and_changes_the_account(
    launcher: Launcher, scenario: str
) -> None:
    launcher.start(scenario)
    create_service(launcher)
    (before,) = render(launcher, "GET", "/owners").json()
    launcher.ask("POST", "reset", {"scenario": scenario})
    (after,) = render(launcher, "GET", "/owners").json()
    assert before["owner"]["id"] != after["owner"]["id"]
    assert render(launcher, "GET", "/services").json() == []
    assert left_behind(launcher) == []
    launcher.ask("POST", "reset", {"scenario": scenario, "keep_identity": True})
    (kept,) = render(launcher, "GET", "/owners").json()
    assert kept["owner"]["id"] == after["owner"]["id"]


def test_the_command_empties_a_sandbox_that_was_stopped(
    tmp_path: Path, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it begins again with the project's own scenario."""
    (tmp_path / "Pulumi.yaml").touch()
    shutil.copytree(scenario, tmp_path / "sandbox")
    monkeypatch.chdir(tmp_path)
    launcher = sandbox_of(tmp_path)
    try:
        launcher.start(scenario_of(tmp_path))
        service = create_service(launcher)
        launcher.stop()
        answer = CliRunner().invoke(command, ["reset"])
        assert answer.output == "The sandbox is as new.\n"
        assert render(launcher, "GET", f"/services/{service}").status_code == 404
        create_service(launcher)
    finally:
        launcher.stop()


def test_a_snapshot_brings_back_what_was_there(launcher: Launcher, scenario: str) -> None:
    launcher.start(scenario)
    service = create_service(launcher)
    wait_for_process(launcher)
    ports = Ports(launcher.root / "ports.json").all()
    launcher.ask("POST", "snapshots/one")
    render(launcher, "DELETE", f"/services/{service}")
    assert left_behind(launcher) == []
    launcher.ask("POST", "snapshots/one/restore")
    assert render(launcher, "GET", f"/services/{service}").status_code == 200
    assert Ports(launcher.root / "ports.json").all() == ports
    assert len(left_behind(launcher)) == 1
    with pytest.raises(SandboxError, match="there is no snapshot called 'two'"):
        launcher.ask("POST", "snapshots/two/restore")


def test_the_control_api_adds_faults_and_tells_the_journal(
    launcher: Launcher, scenario: str
) -> None:
    launcher.start(scenario)
    mark = launcher.ask("GET", "journal/mark")["mark"]
    launcher.ask("POST", "faults", {"kind": "status", "status": 503, "vendor": "render"})
    assert [fault["status"] for fault in launcher.ask("GET", "faults")] == [503]
    assert render(launcher, "GET", "/owners").status_code == 503
    (entry,) = launcher.ask("GET", f"journal?since={mark}")
    assert (entry["vendor"], entry["status"], entry["write"]) == ("render", 503, False)
    with pytest.raises(SandboxError, match="unknown: sort"):
        launcher.ask("POST", "faults", {"sort": "odd"})
    with pytest.raises(SandboxError, match="unknown kind of fault"):
        launcher.ask("POST", "faults", {"kind": "odd"})


@pytest.mark.parametrize("kind", ["reset", "lost"])
def test_a_fault_cuts_a_real_connection(launcher: Launcher, scenario: str, kind: str) -> None:
    launcher.start(scenario)
    launcher.ask("POST", "faults", {"kind": kind, "vendor": "render"})
    with pytest.raises(httpx.TransportError):
        render(launcher, "GET", "/owners")
    assert render(launcher, "GET", "/owners").status_code == 200
    assert "Traceback" not in launcher.log.read_text()


def test_the_clock_can_be_advanced_and_stays_so(launcher: Launcher, scenario: str) -> None:
    launcher.start(scenario)
    first = launcher.ask("POST", "clock", {"seconds": 86_400})["now"]
    launcher.stop()
    launcher.start(scenario)
    assert launcher.ask("POST", "clock", {"seconds": 0})["now"] >= first


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_pages_of_other_sites_cannot_control_the_sandbox(
    launcher: Launcher, scenario: str, headers: dict[str, str]
) -> None:
    launcher.start(scenario)
    url = f"{launcher.url()}/_sandbox/faults"
    answer = httpx.request("DELETE", url, headers=headers, trust_env=False)
    assert answer.status_code == 403


def test_the_command_starts_the_sandbox_and_passes_on_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    command = [sys.executable, "-m", "stackwright.cli", "sandbox"]

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    try:
        show = "echo $RENDER_HOST $STRIPE_API_KEY $SUPABASE_PROJECT_URL; exit 7"
        answer = run("run", "--", "sh", "-c", show)
        assert answer.returncode == 7, answer.stderr
        found = json.loads(run("status", "--json").stdout)
        words = answer.stdout.split()
        assert words[0] == found["render"] + "/v1"
        assert words[1].startswith("sk_test_")
        assert words[2].endswith("/{ref}")
        assert found["databases"].keys() == {"voipacceleratordevaa"}
        missing = run("run", "--", "no-such-program")
        assert (missing.returncode, missing.stdout) == (1, "")
        assert "There is no program 'no-such-program' on PATH." in missing.stderr
    finally:
        run("stop")
