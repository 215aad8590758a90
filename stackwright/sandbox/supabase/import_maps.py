"""The import map of an uploaded function: its own, plus npm addresses for what only the web has.

Functions import from https://esm.sh, https://deno.land or jsr:, which a machine without the open
internet cannot reach. Where npm holds the same package, the import is sent there.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

Config = dict[str, Any]

_STUBS = Path(__file__).parent
_REMOTE = re.compile(r"""["']((?:https?://|jsr:)[^"'\s]+)["']""")
_ESM = re.compile(
    r"https://esm\.sh/(?:v\d+/|stable/)?(?:npm:|\*)?((?:@[^/@]+/)?[^/@?]+)(@[^/?]+)?(/[^?]*)?"
)
_STD_HTTP = re.compile(r"https://deno\.land/std(@[^/]+)?/http/server\.ts")
_STD = re.compile(r"https://deno\.land/std(@[^/]+)?/$")
_JSR_ON_NPM = re.compile(r"jsr:/?(@supabase/supabase-js)(@[^/]+)?(/.*)?")
_TYPES_ONLY = re.compile(
    r"(jsr:/?|https://esm\.sh/)@supabase/functions-js(@[^/]+)?(/src)?/edge-runtime\.d\.ts"
)
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMAS = re.compile(r",(\s*[}\]])")
_CANDIDATES = ("deno.json", "deno.jsonc", "import_map.json")


class ImportMapError(Exception):
    """The uploaded import map cannot be read."""


def build(source: Path, map_path: str | None, entrypoint: str, texts: Iterable[str]) -> Config:
    """Return a Deno configuration for the files below `source`.

    `map_path` (relative, may be None) is the uploaded deno.json or import map; without it the
    nearest one above the entrypoint counts. `texts` are the contents of all source files.
    """
    own = _read(source, map_path or _nearest(source, entrypoint))
    imports = {key: elsewhere(value) or value for key, value in own.get("imports", {}).items()}
    for key, value in list(imports.items()):
        if _STD.fullmatch(value):
            imports[f"{key}http/server.ts"] = _stub("std_http_server.ts")
    for specifier in sorted(_remote_specifiers(texts)):
        target = elsewhere(specifier)
        if target is not None:
            imports.setdefault(specifier, target)
    config: Config = {"imports": imports, "nodeModulesDir": "none", "lock": False}
    for name in ("scopes", "compilerOptions"):
        if name in own:
            config[name] = own[name]
    return config


def elsewhere(specifier: str) -> str | None:
    """Return where the same module can be had without the open internet, or None."""
    if _TYPES_ONLY.fullmatch(specifier):
        return "data:application/typescript,export%20{}"
    if _STD_HTTP.fullmatch(specifier):
        return _stub("std_http_server.ts")
    for pattern in (_ESM, _JSR_ON_NPM):
        match = pattern.match(specifier)
        if match is not None:
            name, version, path = match.groups()
            return f"npm:{name}{version or ''}{(path or '').rstrip('/')}"
    return None


def _remote_specifiers(texts: Iterable[str]) -> set[str]:
    return {match for text in texts for match in _REMOTE.findall(text)}


def _stub(name: str) -> str:
    return (_STUBS / name).as_uri()


def _nearest(source: Path, entrypoint: str) -> str | None:
    for folder in PurePosixPath(entrypoint).parents:
        for name in _CANDIDATES:
            if (source / folder / name).is_file():
                return str(folder / name)
    return None


def _read(source: Path, map_path: str | None) -> Config:
    """Return imports, scopes and compiler options with every relative path made absolute."""
    if map_path is None:
        return {}
    path = source / map_path
    config = _parse(path, map_path)
    other = config.get("importMap")
    if isinstance(other, str) and "imports" not in config:
        path = (path.parent / other).resolve()
        config |= _parse(path, other)
    here = path.parent
    config["imports"] = _absolute(here, config.get("imports", {}))
    if "scopes" in config:
        scopes = config["scopes"].items()
        config["scopes"] = {_uri(here, key): _absolute(here, value) for key, value in scopes}
    return config


def _parse(path: Path, name: str) -> Config:
    try:
        text = path.read_text()
        plain = _TRAILING_COMMAS.sub(r"\1", _COMMENTS.sub(lambda found: found[1] or "", text))
        config = json.loads(plain)
    except (OSError, ValueError) as error:
        raise ImportMapError(f"could not read import map {name}: {error}") from None
    if not isinstance(config, dict):
        raise ImportMapError(f"could not read import map {name}: not an object")
    return config


def _absolute(here: Path, imports: dict[str, str]) -> dict[str, str]:
    return {_uri(here, key): _uri(here, value) for key, value in imports.items()}


def _uri(here: Path, specifier: str) -> str:
    if not specifier.startswith(("./", "../")):
        return specifier
    slash = "/" if specifier.endswith("/") else ""
    return (here / specifier).resolve().as_uri() + slash
