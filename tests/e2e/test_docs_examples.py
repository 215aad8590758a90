"""Every example of `docs/resources/` runs as it stands on its page, and again without changes.

A page shows one program and the files that it needs, each in a block with the file's name beside
the language: ```ts functions/hello/index.ts. A block without a name is no file.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import ROOT, STACK, Project

PAGES = sorted((ROOT / "docs/resources").glob("*.md"))
FILE = re.compile(r"^```\w+ (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PULUMI_YAML = """\
name: shop
runtime:
  name: python
  options:
    virtualenv: .venv
plugins:
  providers:
    - name: stackwright
      path: plugin
"""


def files_of(page: Path) -> dict[str, str]:
    """File name to content of every named block of a page."""
    return {match["name"]: match["text"] for match in FILE.finditer(page.read_text())}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An empty project with a sandbox of its own; what the examples made is removed at the end."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "Pulumi.yaml").write_text(PULUMI_YAML)
    shutil.copy(ROOT / ".gitignore", folder)
    shutil.copytree(ROOT / "plugin", folder / "plugin")
    made = Project(folder, bare=True)
    try:
        made.start()
        made.run("pulumi", "stack", "select", "--create", STACK)
        yield made
        made.destroy()
    finally:
        made.stop()


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_an_example_converges_at_once(shop: Project, page: Path) -> None:
    """What the page before it had made is no longer in the program, so this deletes it."""
    shop.tidy()
    for name, text in files_of(page).items():
        shop.write(name, text)

    shop.up()

    shop.up("--expect-no-changes")
