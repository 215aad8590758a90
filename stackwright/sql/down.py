"""The way back from a migration: `down/<version>_<name>.sql`, beside the folder of the migrations.

A migration may have one or not. It runs in one transaction together with the removal of the
ledger's rows (`undo.py`), so it cannot be `no-transaction`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stackwright.sql import migration as migrations
from stackwright.sql.errors import BadSql, Position
from stackwright.sql.migration import Migration
from stackwright.sql.statements import Statement

FOLDER = "down"


@dataclass(frozen=True)
class Down(Migration):
    """A file that undoes the migration of its name."""

    @property
    def file(self) -> str:
        """`down/` and the name of the migration: so errors and approvals call it."""
        return f"{FOLDER}/{self.undoes}"

    @property
    def undoes(self) -> str:
        """The name of the migration's file."""
        return super().file

    @cached_property
    def body(self) -> list[Statement]:
        """The statements to run; raises `BadSql` also for a file without a transaction."""
        if not self.transactional:
            raise BadSql(
                "a way back runs in one transaction, so that it and the ledger's rows go "
                "together: leave out no-transaction, and CONCURRENTLY with it",
                Position(1, 1),
                self.file,
            )
        return super().body


def load(directory: Path) -> dict[str, Down]:
    """The ways back for a folder of migrations, by the name of the file that each undoes.

    Raises `BadMigrations` for a bad name, `BadSql` for a file that is not UTF-8 text.
    """
    folder = directory.parent / FOLDER
    if not folder.is_dir():
        return {}
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".sql")
    found = (_read(path) for path in paths)
    return {down.undoes: down for down in found}


def _read(path: Path) -> Down:
    try:
        file = migrations.read(path)
    except BadSql as error:
        raise error.in_file(f"{FOLDER}/{error.file}") from None
    return Down(file.version, file.name, file.text)
