"""The documentation says what the code says: generated parts, one page a kind, real commands."""

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from stackwright import cli, schema
from stackwright.plugin.registry import controllers

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
HEADINGS = [
    "Example",
    "Inputs",
    "Outputs",
    "What a change does",
    "Removal",
    "Import",
    "Drift",
    "Traps",
]
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made", ROOT / "scripts/generate_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_parts_are_up_to_date(generator: ModuleType) -> None:
    stale = [path.name for path, text in generator.generated().items() if path.read_text() != text]
    assert stale == [], "run .venv/bin/python scripts/generate_docs.py"


def test_every_kind_has_a_page_and_no_page_is_about_none(generator: ModuleType) -> None:
    assert {generator.page_of(token) for token in controllers()} == set(
        (DOCS / "resources").glob("*.md")
    )


@pytest.mark.parametrize("token", controllers())
def test_a_page_has_the_headings_of_all_and_names_its_token(
    generator: ModuleType, token: str
) -> None:
    text = generator.page_of(token).read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert f"`{token}`" in text
    assert "```python __main__.py\n" in text


@pytest.mark.parametrize("token", controllers())
def test_the_index_says_what_replaces_a_resource(token: str) -> None:
    lines = (DOCS / "README.md").read_text().splitlines()
    (line,) = [line for line in lines if f"`{token}`" in line]
    declared = schema.fields(controllers()[token].inputs).values()
    assert re.findall(r"`(\w+)`", line.split("|")[2]) == [
        field.name for field in declared if field.has(schema.replaces)
    ]


def test_the_program_in_the_readme_is_the_one_that_runs() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line for line in shown.splitlines() if line.strip() != "..."]
    program = (ROOT / "__main__.py").read_text().splitlines()
    assert [line for line in lines if line not in program] == []


def test_every_direct_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [name for group in [project["dependencies"], *extras] for name in group]
    names = {re.split(r"[\[<>=;]", line)[0].strip() for line in wanted} - {"stackwright"}
    listed = re.findall(r"^\| ([\w-]+) \|", (DOCS / "dependencies.md").read_text(), re.MULTILINE)
    assert set(listed) - {"package"} == names


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every `stackwright ...` that a page shows in a shell block."""
    for block in SHELL.findall(page.read_text()):
        for line in block.replace("\\\n", " ").splitlines():
            for found in re.findall(r"(?:^|[\s/(])(stackwright .*)", line.replace("$(", "( ")):
                yield shlex.split(re.split(r" [|>] |\)", found)[0], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_the_commands_on_a_page_exist(page: Path) -> None:
    for words in commands(page):
        inner = words[words.index("--") + 1 :] if "--" in words else []
        parse(words)
        if inner[:1] == ["stackwright"]:
            parse(inner[1:])


def parse(words: list[str]) -> None:
    """Let click read a command line without running it; it raises for what it does not know."""
    command: click.Command = cli.group
    context = command.make_context("stackwright", [*words], resilient_parsing=False)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, context._protected_args + context.args)
        assert found is not None
        command = found
        if command.name == "fault" and not rest:
            return  # works without a subcommand
        context = command.make_context(name, rest, parent=context)


def test_an_unknown_command_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        parse(["sandbox", "begin"])
    with pytest.raises(click.UsageError):
        parse(["sandbox", "status", "--jason"])


def test_every_accident_names_tests_that_are_there_or_says_that_it_is_open() -> None:
    rows = re.findall(r"^\| (A\d+) \|(.+)\|$", (DOCS / "accidents.md").read_text(), re.MULTILINE)
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert [name for name, _ in rows] == [f"A{n}" for n in range(1, 38)]
    for name, row in rows:
        shown = set(re.findall(r"`(test_\w+)`", row))
        assert shown or "*open*" in row, name
        assert shown <= defined, name
