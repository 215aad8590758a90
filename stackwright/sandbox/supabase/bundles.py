"""The files of one version of a function: kept on disk by their contents, resolved by real Deno."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stackwright import toolchain
from stackwright.sandbox.supabase import import_maps
from stackwright.sandbox.supabase.errors import InvalidError

MOST_BYTES = 20 * 1024 * 1024
BUNDLING_SECONDS = 120

# Deno's cache is shared and resolving takes a core: more at a time gains nothing.
AT_A_TIME = 2
_SOURCES = {".ts", ".tsx", ".js", ".jsx", ".mjs", ".mts"}


@dataclass(frozen=True)
class Bundle:
    """One version's files below `folder`/source; `sha256` over all their paths and contents."""

    folder: Path
    sha256: str
    entrypoint: str

    @property
    def source(self) -> Path:
        """Where the uploaded files are."""
        return self.folder / "source"

    @property
    def config(self) -> Path:
        """The Deno configuration with the import map."""
        return self.folder / "deno.json"

    @property
    def main(self) -> Path:
        """The file that Deno runs."""
        return self.source / self.entrypoint


def digest(files: Mapping[str, bytes], entrypoint: str, map_path: str | None) -> str:
    """Return the checksum of a bundle, in hexadecimal."""
    sum_ = hashlib.sha256(json.dumps([entrypoint, map_path]).encode())
    for path in sorted(files):
        sum_.update(f"{path}\0{len(files[path])}\0".encode())
        sum_.update(files[path])
    return sum_.hexdigest()


def relative_path(name: str) -> str:
    """Return the path of an uploaded file below the bundle's root; refuses one outside of it."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts:
        raise InvalidError(f"Invalid file path: {name}")
    return str(path)


class Bundler:
    """Makes bundles, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def make(
        self, home: Path, files: Mapping[str, bytes], entrypoint: str, map_path: str | None
    ) -> Bundle:
        """Write the files below `home` and let Deno resolve every import; raises InvalidError.

        The same files make the same folder, so a bundle that was made before costs nothing.
        """
        if sum(map(len, files.values())) > MOST_BYTES:
            raise InvalidError("Function bundle is too large: the maximum size is 20 MB")
        sha256 = digest(files, entrypoint, map_path)
        bundle = Bundle(home / sha256[:16], sha256, entrypoint)
        async with self._turns:
            if not (bundle.folder / "ready").exists():
                await asyncio.to_thread(_write, bundle, files, map_path)
                await _resolve(bundle)
                (bundle.folder / "ready").touch()
        return bundle


def _write(bundle: Bundle, files: Mapping[str, bytes], map_path: str | None) -> None:
    shutil.rmtree(bundle.folder, ignore_errors=True)
    for name, content in files.items():
        path = bundle.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    texts = [
        content.decode(errors="replace")
        for name, content in files.items()
        if PurePosixPath(name).suffix in _SOURCES
    ]
    try:
        config = import_maps.build(bundle.source, map_path, bundle.entrypoint, texts)
    except import_maps.ImportMapError as error:
        raise InvalidError(f"Failed to bundle the function (reason: {error})") from None
    bundle.config.write_text(json.dumps(config, indent=2))


async def _resolve(bundle: Bundle) -> None:
    """Parse all modules and fetch what they import: from the cache, else from the registry."""
    said = await _deno_cache(bundle, "--cached-only")
    if said is not None:
        said = await _deno_cache(bundle)
    if said is not None:
        raise InvalidError(f"Failed to bundle the function (reason: {_reason(bundle, said)})")


async def _deno_cache(bundle: Bundle, *options: str) -> str | None:
    """Return Deno's complaint, or None when every module is there."""
    command = [
        str(toolchain.deno()),
        *("cache", "--quiet", "--no-lock", "--node-modules-dir=none"),
        *options,
        f"--config={bundle.config}",
        str(bundle.main),
    ]
    try:
        # A thread rather than asyncio's own children: those may outlive the loop by a moment.
        done = await asyncio.to_thread(_run, command)
    except subprocess.TimeoutExpired:
        return f"bundling took longer than {BUNDLING_SECONDS} seconds"
    return done.stderr.decode(errors="replace") if done.returncode else None


def _run(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command,
        env={**os.environ, **deno_environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=BUNDLING_SECONDS,
        check=False,
    )


def deno_environment() -> dict[str, str]:
    """What Deno itself needs to know."""
    return {
        "DENO_DIR": str(toolchain.deno_dir()),
        "DENO_NO_UPDATE_CHECK": "1",
        "DENO_NO_PROMPT": "1",
        "NO_COLOR": "1",
    }


def _reason(bundle: Bundle, said: str) -> str:
    """Return Deno's words without the paths of this machine."""
    words = said.replace(bundle.source.as_uri(), "file:///source")
    words = words.partition("\nStack backtrace:")[0].strip()
    return words.removeprefix("error: ").replace(str(bundle.folder), "")
