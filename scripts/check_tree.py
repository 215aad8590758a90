"""Rules that every file of the tree keeps: it belongs to no one machine, and it stays readable.

- no address of a package registry: whoever installs decides where from;
- no absolute path of a machine;
- no source file of more than 600 lines;
- no conflict marker.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 600
SOURCES = {".py", ".ts", ".sql", ".sh", ".html", ".css", ".js"}
# In pieces, so that this file keeps the rule too.
REGISTRIES = (
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("proxy", "golang", "org"),
    ("sum", "golang", "org"),
    ("static", "crates", "io"),
    ("index", "crates", "io"),
    ("deb", "debian", "org"),
)
REGISTRY = re.compile("|".join(re.escape(".".join(parts)) for parts in REGISTRIES))
HOME = re.compile(r"(?<![\w.~$})/-])/(?:work|root|home/\w+|Users/\w+)/")
CONFLICT = re.compile(r"^(?:<{7}|>{7}) ")


def files() -> list[Path]:
    """All that git tracks or would track."""
    argv = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in said.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def problems(path: Path) -> Iterator[str]:
    """What is wrong with a file, each as `line: what`."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return
    if path.suffix in SOURCES and len(lines) > LONGEST:
        yield f"{len(lines)}: {len(lines)} lines, {LONGEST} at most: split it by noun"
    for number, line in enumerate(lines, 1):
        if found := REGISTRY.search(line):
            yield f"{number}: names the registry {found[0]}"
        if HOME.search(line):
            yield f"{number}: an absolute path of one machine"
        if CONFLICT.match(line):
            yield f"{number}: a conflict marker"


def main() -> int:
    found = [f"{path.relative_to(ROOT)}:{text}" for path in files() for text in problems(path)]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
