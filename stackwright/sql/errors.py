"""What can go wrong with SQL, each as one sentence with its place and the way on.

Messages of the server are passed on; a connection string or a password never is.
"""

from dataclasses import dataclass
from typing import Self

from stackwright.errors import Refused, StackwrightError, UserInput


@dataclass(frozen=True)
class Position:
    """A place in a file, both numbers from 1."""

    line: int
    column: int

    @classmethod
    def of(cls, text: str, offset: int) -> Self:
        """The place of the character at `offset` (from 0)."""
        return cls(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


class BadSql(UserInput):
    """Text that cannot be SQL for the server, found before it is sent."""

    def __init__(self, reason: str, position: Position, file: str = "") -> None:
        place = f"{file}:{position.line}:{position.column}" if file else f"line {position.line}"
        super().__init__(f"{place}: {reason}")
        self.reason, self.position, self.file = reason, position, file

    def in_file(self, file: str) -> "BadSql":
        """The same error, naming its file."""
        return BadSql(self.reason, self.position, file)


class BadMigrations(UserInput):
    """A migrations folder that cannot be put in order."""


@dataclass(frozen=True)
class Failure:
    """What the server said of one statement and where it stands; part of every error and report.

    `line` is 0 where only the file is known.
    """

    file: str
    line: int
    column: int
    statement: str
    message: str
    sqlstate: str
    detail: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [f"{place}: {self.message} ({self.sqlstate})"]
        parts += [f"detail: {self.detail}"] if self.detail else []
        parts += [f"hint: {self.hint}"] if self.hint else []
        parts += [f"statement: {self.statement}"] if self.statement else []
        return "; ".join(parts)


class StatementFailed(StackwrightError):
    """A statement that the server refused; `failure` holds file, line, column and SQLSTATE."""

    def __init__(self, failure: Failure, consequence: str) -> None:
        super().__init__(f"{failure}; {consequence}")
        self.failure = failure


class ChecksFailed(StackwrightError):
    """What must be true after the pending files would not be."""


class LedgerConflict(Refused):
    """The ledger and the files contradict each other: nothing was run."""


class LockBusy(StackwrightError):
    """Another run holds the migration lock."""


class UnsuitableConnection(Refused):
    """A connection that cannot carry migrations (a transaction pooler)."""


class CannotConnect(StackwrightError):
    """The database does not answer, or does not let us in."""


class DatabaseRefused(StackwrightError):
    """The server refused a statement of our own (reading or keeping the ledger)."""


class BadReferenceData(UserInput):
    """A data file or its description that breaks its own rules."""


class ShadowUnavailable(StackwrightError):
    """No shadow database can be had; pending files were not tried."""
