"""The edge functions by themselves: their own tests, their form, and what they must not contain."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from components import edge_functions
from stackwright import toolchain
from stackwright.errors import StackwrightError
from stackwright.supabase.bundle import bundle
from tests.product.helpers import ROOT

FUNCTIONS = ROOT / "functions"
DECLARED = {function.slug: function for function in edge_functions.FUNCTIONS}
SOURCES = sorted(FUNCTIONS.glob("*/*.ts"))
BUNDLES = {slug: bundle(ROOT, "functions", slug) for slug in DECLARED}


def deno(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        program = str(toolchain.deno())
    except StackwrightError as error:
        pytest.skip(str(error))
    environment = {**os.environ, "NO_COLOR": "1", "DENO_DIR": str(toolchain.deno_dir())}
    return subprocess.run(
        [program, *arguments], cwd=FUNCTIONS, env=environment, capture_output=True, text=True
    )


def test_their_own_tests_pass() -> None:
    answer = deno("test", "--frozen", "--no-prompt", "--ignore-env", ".")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"ok \| \d+ passed \| 0 failed", answer.stdout)


@pytest.mark.parametrize("command", [["fmt", "--check"], ["lint"], ["check", "--frozen", "."]])
def test_their_form_and_types_are_right(command: list[str]) -> None:
    answer = deno(*command)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_each_folder_is_a_function_with_a_test_beside() -> None:
    folders = {path.name for path in FUNCTIONS.iterdir() if path.is_dir()}
    assert folders == {*DECLARED, "_shared"}
    for name in DECLARED:
        assert (FUNCTIONS / name / "index.ts").exists()
        assert (FUNCTIONS / name / "handler.test.ts").exists()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_no_amount_tells_the_billing_period(source: Path) -> None:
    assert not re.search(r"99_?900|9_?900|99900", source.read_text())


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_only_declared_packages_and_files_beside_are_imported(source: Path) -> None:
    imports = re.findall(r"(?ms)^(?:import|export).*?from \"([^\"]+)\"", source.read_text())
    packages = {name for name in imports if not name.startswith(".")}
    allowed = {"stripe", "postgres"} | ({"node:assert/strict"} if "test" in source.name else set())
    assert packages <= allowed
    for name in set(imports) - packages:
        assert (source.parent / name).is_file()


def test_no_test_is_deployed() -> None:
    files = {file for found in BUNDLES.values() for file in found.files}
    assert not {file for file in files if "test" in file}


def users_of(name: str) -> set[str]:
    path = f"functions/_shared/{name}"
    return {slug for slug, found in BUNDLES.items() if path in found.files}


def test_a_shared_file_belongs_only_to_the_functions_that_import_it() -> None:
    sessions = {slug for slug, function in DECLARED.items() if function.group == "session"}
    assert users_of("sessions.ts") == sessions
    assert users_of("prices.ts") == {
        "create-checkout-session",
        "stripe-events",
        "upgrade-subscription",
    }
    assert users_of("database.ts") == DECLARED.keys() - {"debug-echo"}


def test_who_trusts_the_token_lets_the_platform_check_it() -> None:
    trusting = users_of("caller.ts")
    assert "revoke-session" in trusting
    assert {slug for slug in trusting if not DECLARED[slug].verify_jwt} == set()


def test_packages_are_pinned_and_the_lock_names_no_address() -> None:
    imports = json.loads((FUNCTIONS / "deno.json").read_text())["imports"]
    assert all(re.fullmatch(r"npm:\w+@\d+\.\d+\.\d+", package) for package in imports.values())
    text = (FUNCTIONS / "deno.lock").read_text()
    assert "://" not in text
    lock = json.loads(text)
    assert set(imports.values()) == set(lock["specifiers"])
    assert all(package["integrity"].startswith("sha512-") for package in lock["npm"].values())
