"""The export of users: a private CSV file outside of any repository, and a record that it was made.

The record stays in `.stackwright/exports/<stack>/`: where the file is, its SHA-256, its count.
With `STACKWRIGHT_BACKUP_KEY` the file is encrypted as backups are.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackwright.errors import Refused, StackwrightError, UserInput
from stackwright.postgres.process import write_private
from stackwright.sql import manifest, sealing
from stackwright.sql.database import ReadOnlyDatabase, translated

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows as texts: an empty one is NULL, times are ISO 8601 in UTC."""

    columns: Row
    rows: Sequence[Row]


@dataclass(frozen=True)
class Export:
    """One file: `rows` without its header, `sha256` (hex) of the file as it lies there."""

    project: str
    path: str
    made_at: str
    rows: int
    bytes: int
    sha256: str
    encrypted: bool

    def __str__(self) -> str:
        sealed = "encrypted" if self.encrypted else "not encrypted"
        return f"{self.bytes} bytes, {sealed}, sha-256 {self.sha256}"

    def content(self, key: str | None) -> Table:
        """What the file holds; raises `StackwrightError` when it is not the one that was made."""
        path = Path(self.path)
        if not path.is_file():
            raise StackwrightError(f"{path} is gone")
        if _digest(path) != self.sha256:
            raise StackwrightError(f"{path} was changed: its SHA-256 is another one")
        if self.encrypted and key is None:
            raise StackwrightError(f"{path} is encrypted: set {sealing.VARIABLE} to its key")
        try:
            text = sealing.content(path, key if self.encrypted else None).decode()
        except UnicodeDecodeError:
            raise StackwrightError(f"{sealing.VARIABLE} is not the key of {path}") from None
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        return Table(tuple(header), [tuple(row) for row in rows])


async def read(database: ReadOnlyDatabase, query: str) -> Table:
    """The rows of a query; a server's refusal is one sentence."""
    with translated("the export's query failed"):
        found = await database.query(query)
    columns = tuple(found[0]) if found else ()
    return Table(columns, [tuple(map(_text, row.values())) for row in found])


def target(output: Path, name: str, now: float) -> Path:
    """The file to write: `output`, or in that folder one with the name and the moment.

    Raises `Refused` inside a git work tree, `UserInput` where it cannot be written.
    """
    path = output.expanduser()
    if path.is_dir():
        path = path / f"{name}-{manifest.stamp(now)}.csv"
    path = path.resolve()
    if not path.parent.is_dir():
        raise UserInput(f"{path.parent}: there is no such folder")
    inside = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    if inside is not None:
        raise Refused(
            f"{path} is inside the git work tree {inside}: personal data belongs into no "
            "repository; name a file elsewhere. Nothing was written."
        )
    if path.exists():
        raise Refused(f"{path} is there already and is never overwritten; name another file")
    return path


def write(table: Table, path: Path, project: str, key: str | None, now: float) -> Export:
    """Write the file whole or not at all, for its owner only; nothing is ever overwritten."""
    draft = path.with_name(f".{path.name}{manifest.PARTIAL}{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with sealing.written(draft, key) as file:
            file.write(_csv(table))
        os.link(draft, path)
    except FileExistsError:
        raise Refused(f"{path} is there already and is never overwritten") from None
    except OSError as error:
        raise UserInput(f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    size = path.stat().st_size
    return Export(
        project, str(path), manifest.iso(now), len(table.rows), size, _digest(path), key is not None
    )


def note(export: Export, place: Path, now: float) -> None:
    """Keep the record of an export; the newest counts."""
    place.mkdir(parents=True, exist_ok=True)
    write_private(place / f"{manifest.stamp(now)}.json", json.dumps(asdict(export)) + "\n")


def noted(place: Path, project: str) -> Iterator[Export]:
    """The recorded exports of a project, newest first; records that cannot be read are skipped."""
    for path in sorted(place.glob("*.json"), reverse=True):
        try:
            found = Export(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            continue
        if found.project == project:
            yield found


def _csv(table: Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue().encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return "" if value is None else str(value)


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
