"""Which functions must be uploaded, and what a refresh sees of them."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from stackwright.errors import UserInput
from stackwright.supabase.functions import FunctionsController, _differs, _seen, functions

WANTED = {"hash": "h1", "verify_jwt": True}
REMOTE = {"pay": {"slug": "pay", "version": 3, "verify_jwt": True}}
STATE = {"functions": {"pay": WANTED}, "versions": {"pay": 3}}


@pytest.mark.parametrize(
    ("wanted", "remote", "state", "differs"),
    [
        (WANTED, REMOTE, STATE, False),
        ({**WANTED, "hash": "h2"}, REMOTE, STATE, True),
        ({**WANTED, "verify_jwt": False}, REMOTE, STATE, True),
        (WANTED, {}, STATE, True),
        (WANTED, REMOTE, {}, True),
        (WANTED, {"pay": {**REMOTE["pay"], "version": 4}}, STATE, True),
        (WANTED, {"pay": {**REMOTE["pay"], "verify_jwt": False}}, STATE, True),
    ],
)
def test_only_a_function_that_is_not_as_we_left_it_is_uploaded(
    wanted: dict[str, Any], remote: dict[str, Any], state: dict[str, Any], differs: bool
) -> None:
    assert _differs("pay", wanted, remote, state) is differs


def test_a_refresh_sees_what_was_deployed_outside_and_the_token_check() -> None:
    assert _seen(WANTED, REMOTE["pay"], STATE) == WANTED
    outside = _seen(WANTED, {**REMOTE["pay"], "version": 4, "verify_jwt": False}, STATE)
    assert outside == {"hash": "deployed outside, version 4", "verify_jwt": False}


@pytest.mark.parametrize("slug", ["1pay", "pay!", "", "_shared"])
def test_a_slug_that_supabase_cannot_take_is_a_problem(slug: str) -> None:
    (problem,) = FunctionsController().problems({"functions": {slug: WANTED, "fine-1_a": WANTED}})
    assert problem.path == f"functions.{slug}"


def test_a_folder_is_declared_by_slug_with_hash_and_token_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "functions" / "pay").mkdir(parents=True)
    (tmp_path / "functions" / "pay" / "index.ts").write_text("Deno.serve();")
    monkeypatch.chdir(tmp_path)
    declared = functions("functions", {"pay": False})
    assert declared["pay"]["verify_jwt"] is False
    assert len(declared["pay"]["hash"]) == 64
    module = importlib.import_module("stackwright.supabase.functions")
    monkeypatch.setattr(module, "LARGEST_BUNDLE", 5)
    with pytest.raises(UserInput, match="function pay has 13 bytes of sources"):
        functions("functions", {"pay": False})
