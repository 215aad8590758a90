"""The files that an edge function consists of: its entry point and all that it imports.

Supabase bundles on its side, but has to be sent every local file. The graph also decides what has
changed: a function is uploaded again only when a file of its own graph, or its import map, did.
Remote imports (`npm:`, `jsr:`, `https:`) are resolved by Supabase.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stackwright.errors import UserInput

# A string, or a comment: strings are matched first, so that `"https://x"` is no comment.
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL
)
_IMPORT = re.compile(
    r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"'\n]+)["']|\bnew\s+URL\(\s*["'](\.[^"'\n]+)["']\s*,\s*import\.meta\.url""",
)
SOURCES = (".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs")
MAPS = ("deno.json", "deno.jsonc", "import_map.json")


@dataclass(frozen=True)
class Bundle:
    """One function as it is uploaded; paths are POSIX and relative to the project's folder."""

    slug: str
    entrypoint: str
    import_map: str | None
    files: Mapping[str, bytes]

    @property
    def hash(self) -> str:
        """SHA-256 over every path and content."""
        total = hashlib.sha256()
        for path, body in sorted(self.files.items()):
            total.update(f"{path}\0{len(body)}\0".encode() + body)
        return total.hexdigest()

    @property
    def size(self) -> int:
        return sum(len(body) for body in self.files.values())


def bundle(root: Path, directory: str, slug: str) -> Bundle:
    """The function in `directory/slug/index.ts` below `root`."""
    folder = PurePosixPath(directory) / slug
    entry = next(
        (str(folder / f"index{s}") for s in SOURCES if (root / folder / f"index{s}").is_file()),
        None,
    )
    if entry is None:
        raise UserInput(
            f"function {slug} has no {folder}/index.ts; create it, or take it out of the program"
        )
    found = _import_map(root, PurePosixPath(directory), slug)
    aliases = _aliases(root, found) if found else {}
    files = _graph(root, entry, aliases)
    if found:
        files[found] = (root / found).read_bytes()
    return Bundle(slug, entry, found, files)


def _import_map(root: Path, directory: PurePosixPath, slug: str) -> str | None:
    """The function's own map, else the one that all functions of the folder share."""
    for folder in (directory / slug, directory):
        for name in MAPS:
            if (root / folder / name).is_file():
                return str(folder / name)
    return None


def _aliases(root: Path, import_map: str) -> dict[str, str]:
    """The entries of an import map that lead to local files; the longest, which wins, first."""
    text = _text(import_map, (root / import_map).read_bytes())
    try:
        parsed = json.loads(_COMMENT.sub(lambda match: match.group(1) or "", text))
    except ValueError as error:
        raise UserInput(f"{import_map} is not valid JSON: {error}") from None
    imports = parsed.get("imports", {}) if isinstance(parsed, dict) else {}
    base = posixpath.dirname(import_map)
    local = ((k, v) for k, v in imports.items() if isinstance(v, str) and v.startswith("."))
    return {k: _join(base, v) for k, v in sorted(local, key=lambda entry: -len(entry[0]))}


def _join(folder: str, target: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, target))
    return joined + "/" if target.endswith("/") else joined


def _graph(root: Path, entry: str, aliases: Mapping[str, str]) -> dict[str, bytes]:
    """Every local file that can be reached from `entry`, with its content."""
    files: dict[str, bytes] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files[path] = (root / path).read_bytes()
            if path.endswith(SOURCES):
                waiting += _local_imports(root, path, _text(path, files[path]), aliases)
    return files


def _text(path: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise UserInput(f"{path} is not UTF-8 text; save it as UTF-8") from None


def _local_imports(root: Path, path: str, text: str, aliases: Mapping[str, str]) -> Iterable[str]:
    code = _COMMENT.sub(lambda match: match.group(1) or "", text)
    for match in _IMPORT.finditer(code):
        wanted = match.group(1) or match.group(2)
        target = _resolve(path, wanted, aliases)
        if target is None:
            continue
        if target.startswith("..") or not (root / target).is_file():
            raise UserInput(f"{path} imports {wanted}, but there is no file {target}")
        yield target


def _resolve(path: str, wanted: str, aliases: Mapping[str, str]) -> str | None:
    """The local file that a specifier means; None when it is remote."""
    if wanted.startswith("."):
        return _join(posixpath.dirname(path), wanted)
    for key, target in aliases.items():
        if wanted == key:
            return target
        if key.endswith("/") and wanted.startswith(key):
            return target + wanted.removeprefix(key)
    return None
