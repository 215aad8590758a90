"""What a backup says of itself: `manifest.json` beside its files, and where backups are kept.

A backup is a folder `<root>/<stack>/<timestamp>/`, for its owner only. It is written under a
name that ends in `.partial-<pid>` and gets its own name when it is complete, so that what a
killed run left is never taken for a backup.
"""

import hashlib
import hmac
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from stackwright.errors import UserInput
from stackwright.postgres.process import write_private

NAME = "manifest.json"
FORMAT = 1
PARTIAL = ".partial-"
_STAMP = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


class BadBackup(UserInput):
    """A backup that is not there, not whole, or not what it says."""


@dataclass(frozen=True)
class File:
    """One file of a backup: its name below the folder, its size in bytes, its SHA-256 (hex)."""

    name: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, folder: Path, path: Path) -> Self:
        """Of a file that is complete."""
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return cls(path.relative_to(folder).as_posix(), path.stat().st_size, digest)


@dataclass(frozen=True)
class Manifest:
    """A backup. Times are ISO 8601 in UTC, `took_seconds` is without the verification.

    `role`: who made it; `tables`: rows of each table in the backup's own snapshot; `auth_tables`:
    those of users, where they could be read; `objects`: number of objects by kind;
    `platform_objects`: statements for the platform's tables; `extensions`: name to schema;
    `roles`: those that the objects speak of; `left_out`: sentences on what this backup cannot
    bring back. `encryption` is none for plain files; else `mac` proves that nobody changed the
    manifest or a file.
    """

    stack: str
    project: str
    database: str
    server_version: str
    tool: str
    git_sha: str | None
    snapshot: str
    role: str
    started_at: str
    finished_at: str
    took_seconds: float
    schemas: Sequence[str]
    tables: Mapping[str, int]
    auth_tables: Mapping[str, int]
    objects: Mapping[str, int]
    platform_objects: int
    extensions: Mapping[str, str]
    roles: Sequence[str]
    left_out: Sequence[str]
    files: Sequence[File]
    encryption: Mapping[str, Any] | None = None
    verified: bool = False
    verified_at: str | None = None
    verified_on: str | None = None
    verified_note: str = ""
    mac: str | None = None
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables, users included."""
        return sum(self.tables.values()) + sum(self.auth_tables.values())

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def server_major(self) -> int:
        """The major version of the server it was taken from."""
        return int(self.server_version.partition(".")[0])

    def age(self, now: float) -> float:
        """Hours between the snapshot and `now` (unix seconds): what came later is not in it."""
        return (now - datetime.fromisoformat(self.started_at).timestamp()) / 3600

    def signed(self, key: str | None) -> "Manifest":
        """With its proof for `key`; a plain backup has none."""
        if key is None or self.encryption is None:
            return self
        return replace(self, mac=self._proof(key))

    def refuse_forged(self, key: str | None) -> None:
        """Raise `BadBackup` when it is encrypted and `key` is not the one that signed it."""
        if self.encryption is None:
            return
        if key is None:
            raise BadBackup("the backup is encrypted: set STACKWRIGHT_BACKUP_KEY to its key")
        if not hmac.compare_digest(self.mac or "", self._proof(key)):
            raise BadBackup(
                "STACKWRIGHT_BACKUP_KEY is not the key of this backup, or its manifest was changed"
            )

    def _proof(self, key: str) -> str:
        encryption = self.encryption or {}
        salt = bytes.fromhex(encryption["mac_salt"])
        derived = hashlib.scrypt(key.encode(), salt=salt, n=2**14, r=8, p=1)
        said = {name: value for name, value in asdict(self).items() if name != "mac"}
        text = json.dumps(said, sort_keys=True)
        return hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    """Put the manifest beside the files; replaces an older one as a whole."""
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    unfinished = folder / f"{NAME}.new"
    write_private(unfinished, text)
    unfinished.replace(folder / NAME)


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises `BadBackup`."""
    path = folder / NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise BadBackup(f"{folder}: there is no {NAME}, so this is no backup") from None
    except (OSError, ValueError):
        raise BadBackup(f"{path}: it cannot be read as JSON") from None
    if content.get("format") != FORMAT:
        raise BadBackup(f"{path}: another version of stackwright wrote it; use that one")
    known = {item.name for item in fields(Manifest)}
    try:
        files = [File(**item) for item in content.pop("files")]
        return Manifest(files=files, **{k: v for k, v in content.items() if k in known})
    except (KeyError, TypeError):
        raise BadBackup(f"{path}: fields are missing; it was edited or cut off") from None


def refuse_damaged(folder: Path, manifest: Manifest) -> None:
    """Raise `BadBackup` for a file that is missing, changed, or outside of the folder."""
    for file in manifest.files:
        path = folder / file.name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise BadBackup(f"{path}: the backup lacks this file")
        if File.of(folder, path) != file:
            raise BadBackup(f"{path}: the file is not the one that was backed up")


def stamp(now: float) -> str:
    """The name of a backup that begins at `now`: it sorts by time."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")


def iso(now: float) -> str:
    """A time as manifests have it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")


def all_of(place: Path) -> Iterator[tuple[Path, Manifest]]:
    """The whole backups of a stack's folder, newest first; damaged manifests are skipped."""
    folders = [path for path in place.glob("*") if _STAMP.fullmatch(path.name)]
    for folder in sorted(folders, key=_order, reverse=True):
        try:
            yield folder, read(folder)
        except BadBackup:
            continue


def newest(
    place: Path, project: str, within: float, now: float, *, verified: bool = True
) -> tuple[Path, Manifest] | None:
    """The newest backup of a project that is at most `within` hours old; only verified ones.

    `place` is the stack's folder, `.stackwright/backups/<stack>`.
    """
    for folder, manifest in all_of(place):
        fresh = manifest.project == project and manifest.age(now) <= within
        if fresh and (manifest.verified or not verified):
            return folder, manifest
    return None


def prune(place: Path, keep: int) -> list[Path]:
    """Once there are `keep` verified backups, remove everything that is older than those.

    Never removes the newest verified one. Answers what was removed.
    """
    verified = [folder for folder, manifest in all_of(place) if manifest.verified]
    kept = verified[: max(keep, 1)]
    if len(kept) < max(keep, 1):
        return []
    oldest = _order(kept[-1])
    gone = [folder for folder, _ in all_of(place) if _order(folder) < oldest]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def begin(place: Path, now: float) -> Path:
    """A new private folder to write a backup into; removes what killed runs left there."""
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    folder = place / f"{stamp(now)}{PARTIAL}{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def discard(folder: Path) -> None:
    """Remove a backup that did not become one; a finished one has another name and stays."""
    shutil.rmtree(folder, ignore_errors=True)


def finish(folder: Path) -> Path:
    """Give a complete backup its name; two of one second get different ones."""
    name = folder.name.partition(PARTIAL)[0]
    for number in range(1, 1000):
        final = folder.with_name(name if number == 1 else f"{name}-{number}")
        if not final.exists():
            return folder.rename(final)
    raise BadBackup(f"{folder}: there are too many backups of one second")


def _order(folder: Path) -> tuple[str, int]:
    name, _, number = folder.name.partition("-")
    return name, int(number or 1)


def _sweep(place: Path) -> None:
    for left in place.glob(f"*{PARTIAL}*"):
        if not _alive(int(left.name.partition(PARTIAL)[2])):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
