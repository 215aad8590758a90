"""The checks of `make check` that are ours: dead links, and the rules of the tree."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"


def script(name: str) -> Any:
    """A script as a module; scripts are no package."""
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


links, tree, demo = script("check_links"), script("check_tree"), script("demo_links")


def page(folder: Path, text: str, name: str = "page.md") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_link_to_a_file_that_is_not_there_is_dead(tmp_path: Path) -> None:
    page(tmp_path, "", "other.md")

    assert links.dead(page(tmp_path, "[a](other.md) [b](gone.md)")) == ["gone.md"]


def test_a_link_to_a_heading_that_is_not_there_is_dead(tmp_path: Path) -> None:
    page(tmp_path, "# One `two`, three!\n## Again\n## Again\n", "other.md")
    text = "[a](other.md#one-two-three) [b](other.md#again-1) [c](other.md#again-2) [d](#none)"

    assert links.dead(page(tmp_path, text)) == ["other.md#again-2", "#none"]


def test_links_in_code_are_no_links(tmp_path: Path) -> None:
    text = "`[a](gone.md)`\n\n```md\n[b](gone.md)\n# Heading\n```\n[c](#heading)"

    assert links.dead(page(tmp_path, text)) == ["#heading"]


def test_links_into_the_web_are_believed(tmp_path: Path) -> None:
    assert links.dead(page(tmp_path, "[a](https://example.com/x) [b](mailto:a@b.c)")) == []


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.txt", "see pypi" + ".org", "names the registry"),
        ("a.txt", "in /" + "root/.cache/x", "an absolute path"),
        ("a.txt", "in /" + "home/somebody/x", "an absolute path"),
        ("a.txt", "<" * 7 + " HEAD", "a conflict marker"),
        ("a.py", "x = 1\n" * 601, "601 lines"),
    ],
)
def test_a_file_that_breaks_a_rule_is_named(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    path = page(tmp_path, text, name)

    assert problem in " ".join(tree.problems(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "x = 1\n" * 600),
        ("a.csv", "1,2\n" * 5000),
        ("a.txt", "~/w" + "ork/x, ./root/x, https://example.com/x, $HOME/root/"),
    ],
)
def test_a_file_that_keeps_the_rules_is_silent(tmp_path: Path, name: str, text: str) -> None:
    assert list(tree.problems(page(tmp_path, text, name))) == []


def test_a_binary_file_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\xff\xfe")

    assert list(tree.problems(tmp_path / "a.png")) == []


def test_the_demo_names_everything_with_an_address_but_no_password() -> None:
    status = {
        "page": "http://127.0.0.1:1/",
        "services": {"web": "http://127.0.0.1:2"},
        "functions": {"abc": "http://127.0.0.1:3/abc"},
        "databases": {"abc": "postgresql://postgres:hunter2@127.0.0.1:4/postgres"},
    }

    shown = demo.table(list(demo.links(status)))

    for address in ("http://127.0.0.1:1/", "http://127.0.0.1:2", "http://127.0.0.1:3/abc"):
        assert address in shown
    assert "postgresql://postgres@127.0.0.1:4/postgres" in shown
    assert "hunter2" not in shown
