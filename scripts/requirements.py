"""Makes docs/requirements.md from docs/requirements.yaml, and checks what that names.

A requirement is as good as what shows it: every test and check that is named must exist. With
`--check` nothing is written and a page that is out of date is an error.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "requirements.yaml"
PAGE = ROOT / "docs" / "requirements.md"
COUNT = 120
HEAD = """# Requirements of the VoIP Accelerator

What the product's runbooks ask for, who fulfils it, and which test or check shows it. Open ones are
said to be open. Made from `docs/requirements.yaml` by `scripts/requirements.py`.

"""


@dataclass(frozen=True)
class Requirement:
    """One line of the source. `shown`: test names, and checks as `check ID`."""

    id: str
    kind: str
    what: str
    by: str
    shown: str
    state: str

    @property
    def word(self) -> str:
        return self.state.partition(":")[0]

    @property
    def tests(self) -> list[str]:
        return re.findall(r"\btest_\w+", self.shown)

    @property
    def checks(self) -> list[str]:
        return re.findall(r"check (\S+)", self.shown)


def load() -> list[Requirement]:
    """All of them, in order."""
    lines = yaml.safe_load(SOURCE.read_text())
    return [Requirement(name, *(str(part) for part in parts)) for name, parts in lines.items()]


def problems(requirements: list[Requirement]) -> Iterator[str]:
    """What the source names that is not there."""
    missing = [f"R{n}" for n in range(1, COUNT + 1) if f"R{n}" not in {r.id for r in requirements}]
    if missing:
        yield f"not listed: {', '.join(missing)}"
    tests, checks = _tests(), _checks()
    for one in requirements:
        if one.word not in {"done", "partly", "open", "people"}:
            yield f"{one.id}: {one.word!r} is no state"
        yield from (f"{one.id}: there is no test {name}" for name in one.tests if name not in tests)
        yield from (
            f"{one.id}: there is no check {name}" for name in one.checks if name not in checks
        )
        if one.state == "done" and not one.tests and not one.checks:
            yield f"{one.id}: is done, but nothing shows it"


def _tests() -> set[str]:
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"def (test_\w+)", text)}


def _checks() -> set[str]:
    texts = (path.read_text() for path in (ROOT / "sql" / "checks").glob("*.sql"))
    return {match[1] for text in texts if (match := re.search(r"-- check: (\S+)", text))}


def page(requirements: list[Requirement]) -> str:
    """The page as it must read."""
    counts = Counter(one.word for one in requirements)
    summary = ", ".join(f"{counts[word]} {word}" for word in ("done", "partly", "open", "people"))
    rows = [
        f"| {one.id} | {one.kind} | {one.what} | {one.by} | {_shown(one)} | {one.state} |"
        for one in requirements
    ]
    table = ["| id | kind | what | by | shown by | state |", "|---|---|---|---|---|---|", *rows]
    return f"{HEAD}{summary}.\n\n" + "\n".join(table) + "\n"


def _shown(one: Requirement) -> str:
    names = [*(f"`{name}`" for name in one.tests), *(f"check {name}" for name in one.checks)]
    return ", ".join(names) or "-"


def main(arguments: list[str]) -> int:
    requirements = load()
    found = list(problems(requirements))
    wanted = page(requirements)
    if "--check" in arguments and (not PAGE.exists() or PAGE.read_text() != wanted):
        found.append("docs/requirements.md is out of date: run scripts/requirements.py")
    for problem in found:
        print(problem)
    if not found and "--check" not in arguments:
        PAGE.write_text(wanted)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
