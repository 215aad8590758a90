"""Sends several statements as one message and says which of them the server refused.

One message a file means one round trip a file. The server parses the whole message before it
runs the first statement; a failing statement carries a place in the text when the failure is in
its words, and none when it is in the data: then the number of answers before it tells.

PostgreSQL: documentation 54.2.2.1 "Multiple Statements in a Simple Query".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import generators, pq
from psycopg.errors import error_from_result

from stackwright.errors import UserInput
from stackwright.sql.database import Connection
from stackwright.sql.errors import Failure
from stackwright.sql.statements import Statement

# admin_shutdown and its like: the server's last words, not its judgement of a statement
_SESSION_ENDED = "57P"


@dataclass(frozen=True)
class Script:
    """Statements of one file between statements of ours (`before`, `after`)."""

    file: str
    statements: Sequence[Statement]
    before: Sequence[str] = ()
    after: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The message; each part ends in a line of its own, so that no comment swallows it."""
        parts = [*self.before, *(statement.bare for statement in self.statements), *self.after]
        return "".join(f"{part}\n;\n" for part in parts)


class ServerRefusal(Exception):
    """A refused message: what the server said and, where it is ours to know, the place."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


async def send(connection: Connection, script: Script) -> None:
    """Run a script as one message; raises `ServerRefusal`, after which the caller rolls back.

    A lost connection is a `psycopg.OperationalError`.
    """
    async with connection.lock:
        connection.pgconn.send_query(_encoded(script, connection.info.encoding))
        # The cursor's `execute` keeps only the error; which statement it was shows in the
        # number of results before it.
        results = await connection.wait(generators.execute(connection.pgconn))
    last = results[-1]
    if last.status == pq.ExecStatus.FATAL_ERROR:
        error = error_from_result(last, encoding="utf-8")
        if (error.sqlstate or "").startswith(_SESSION_ENDED):
            raise error
        raise ServerRefusal(_failure(script, error, len(results) - 1))


def _encoded(script: Script, encoding: str) -> bytes:
    """The message as the session reads it: a file may have set another client_encoding."""
    try:
        return script.text.encode(encoding)
    except UnicodeEncodeError as error:
        character = script.text[error.start]
        raise UserInput(
            f"{script.file}: {character!r} cannot be sent in the client_encoding {encoding} that "
            "the file sets: remove that SET, the files are UTF-8"
        ) from None


def _failure(script: Script, error: psycopg.Error, done: int) -> Failure:
    diag = error.diag
    statement, offset = _statement_of(script, diag.statement_position, done)
    message = diag.message_primary or str(error)
    facts = (message, diag.sqlstate or "", diag.message_detail or "", diag.message_hint or "")
    if statement is None:
        return Failure(script.file, 1, 1, "", *facts)
    return _placed(script, statement, offset, *facts)


def failure_at(script: Script, offset: int, *facts: str) -> Failure:
    """The failure at a character of a script's text; `facts` are those of `Failure`, in order."""
    statement, inside = _at_character(script, offset)
    if statement is None:
        return Failure(script.file, 0, 0, "", *facts)
    return _placed(script, statement, inside, *facts)


def _placed(script: Script, statement: Statement, offset: int, *facts: str) -> Failure:
    line, column = _place(statement, offset)
    return Failure(script.file, line, column, statement.summary(), *facts)


def _statement_of(script: Script, position: str | None, done: int) -> tuple[Statement | None, int]:
    if position:
        return _at_character(script, int(position) - 1)
    index = done - len(script.before)
    inside = 0 <= index < len(script.statements)
    return (script.statements[index] if inside else None), 0


def _at_character(script: Script, offset: int) -> tuple[Statement | None, int]:
    offset -= sum(len(part) + 3 for part in script.before)
    for statement in script.statements:
        size = len(statement.bare) + 3
        if 0 <= offset < size:
            return statement, offset
        offset -= size
    return None, 0


def _place(statement: Statement, offset: int) -> tuple[int, int]:
    before = statement.bare[:offset]
    lines = before.count("\n")
    if lines == 0:
        return statement.line, statement.column + offset
    return statement.line + lines, offset - before.rfind("\n")
