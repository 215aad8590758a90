"""Finds dead links in the Markdown of the tree: files, folders and headings that are not there.

Links into the web are not followed: a check must say the same with no network.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```|~~~).*?^\1[`~]*\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


def pages() -> list[Path]:
    """All Markdown that git tracks or would track."""
    argv = ["git", "ls-files", "-co", "--exclude-standard", "*.md"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in said.stdout.split("\n") if name and (path := ROOT / name).is_file()]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, made as GitHub makes them."""
    made: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        made.add(next(n for n in _numbered(name) if n not in made))
    return made


def _numbered(name: str) -> list[str]:
    """A heading that occurs again gets a number."""
    return [name, *(f"{name}-{n}" for n in range(1, 100))]


def dead(page: Path) -> list[str]:
    """The links of a page that lead nowhere, as they are written."""
    text = CODE.sub("", FENCE.sub("", page.read_text()))
    return [link for link in LINK.findall(text) if not lives(page, link)]


def lives(page: Path, link: str) -> bool:
    """Whether a link leads somewhere; one with a scheme is believed."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return True
    name, _, anchor = unquote(link).partition("#")
    target = (page.parent / name) if name else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target.read_text())


def main() -> int:
    found = [f"{page.relative_to(ROOT)}: {link}" for page in pages() for link in dead(page)]
    for line in found:
        print(f"dead link: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
