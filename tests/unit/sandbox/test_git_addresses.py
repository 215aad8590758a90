"""The user's own git finds the repositories of a scenario."""

from pathlib import Path

from stackwright.sandbox.git_addresses import git_addresses
from stackwright.sandbox.store import Store

URL = "https://example.com/shop/web"


def sandbox(folder: Path, *, made: bool) -> Path:
    store = Store(folder / "store.sqlite")
    store.put("render.repo", URL, {"url": URL, "folder": "../default/web-app"})
    store.close()
    if made:
        (folder / "render/repositories/web-app").mkdir(parents=True)
    return folder


def test_a_repository_that_was_made_stands_in_for_its_address(tmp_path: Path) -> None:
    found = git_addresses(sandbox(tmp_path, made=True), {})
    assert found["GIT_CONFIG_COUNT"] == "2"
    copy = tmp_path / "render/repositories/web-app"
    assert found["GIT_CONFIG_KEY_0"] == f"url.{copy}.insteadOf"
    assert found["GIT_CONFIG_VALUE_0"] == URL


def test_what_git_was_told_before_stays(tmp_path: Path) -> None:
    found = git_addresses(sandbox(tmp_path, made=True), {"GIT_CONFIG_COUNT": "3"})
    assert found["GIT_CONFIG_COUNT"] == "5"
    assert {"GIT_CONFIG_KEY_3", "GIT_CONFIG_KEY_4"} < found.keys()


def test_before_anything_is_deployed_there_is_nothing_to_lead_to(tmp_path: Path) -> None:
    assert git_addresses(sandbox(tmp_path, made=False), {}) == {}
