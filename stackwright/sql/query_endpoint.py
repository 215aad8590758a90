"""The Management API's query endpoint as a database, for where no direct connection can be had.

There is no session: each request may be another connection, and its answer is one list of rows.
Reads run as `supabase_read_only_user`, scripts as `postgres`. A refusal is a text, formatted by
the vendor's postgres-meta: `ERROR:  CODE: message`, then LINE with the text of that line and a
caret below it (for an error in the words, not in the data), DETAIL, HINT, CONTEXT.

https://supabase.com/docs/reference/api/v1-run-a-query
"""

import re
from collections.abc import Mapping
from typing import Any

from psycopg import sql as composing

from stackwright.errors import Ambiguous, VendorError
from stackwright.sql.database import Row
from stackwright.sql.errors import Failure
from stackwright.sql.script import Script, ServerRefusal, failure_at
from stackwright.supabase.client import SupabaseClient, SupabaseReader

_PARAMETER = re.compile(r"%%|%\((\w+)\)s")
_REFUSED = re.compile(r"ERROR: +([0-9A-Z]{5}): (.*)", re.DOTALL)
_SECTION = re.compile(r"^(LINE \d+|DETAIL|HINT|QUERY|CONTEXT): ", re.MULTILINE)
_FROM_THE_DATABASE = "Failed to run sql query"


class QueryEndpoint:
    """Reads of a project's database; a preview needs no more."""

    def __init__(self, reader: SupabaseReader, ref: str) -> None:
        self._reader, self._ref = reader, ref

    @property
    def where(self) -> str:
        """Which database, for messages."""
        return f"project {self._ref} (through the query endpoint)"

    async def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of one statement that only reads."""
        return await self._reader.query(self._ref, sql if params is None else _bound(sql, params))


class WritableQueryEndpoint(QueryEndpoint):
    """The same, and scripts."""

    def __init__(self, client: SupabaseClient, ref: str) -> None:
        super().__init__(client, ref)
        self._client = client

    async def send(self, script: Script) -> None:
        """Run a script as one message, once.

        Raises `ServerRefusal` when PostgreSQL refused it, `Ambiguous` when nobody knows what
        became of it, and another `VendorError` when it was not run.
        """
        try:
            await self._client.execute(self._ref, script.text)
        except VendorError as error:
            if failure := _failure(script, error.vendor_message):
                raise ServerRefusal(failure) from None
            raise _lost(error) if _is_open(error) else error from None


def _bound(sql: str, params: Mapping[str, Any]) -> str:
    """The statement with its parameters written into it, as psycopg would send it."""

    def literal(match: re.Match[str]) -> str:
        return composing.Literal(params[match[1]]).as_string(None) if match[1] else "%"

    return _PARAMETER.sub(literal, sql)


def _failure(script: Script, said: str) -> Failure | None:
    """What PostgreSQL said; none when these are not its words."""
    match = _REFUSED.search(said)
    if match is None:
        return None
    message, *rest = _SECTION.split(match[2])
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    detail, hint = (sections.get(name, "").strip() for name in ("DETAIL", "HINT"))
    facts = (message.strip(), match[1], detail, hint)
    place = next((name for name in sections if name.startswith("LINE ")), None)
    if place is None:
        return Failure(script.file, 0, 0, "", *facts)
    return failure_at(script, _offset(script, place, sections[place]), *facts)


def _offset(script: Script, label: str, shown: str) -> int:
    """Where in the script `LINE 3: its text` and the caret below point to."""
    number = int(label.removeprefix("LINE "))
    before = script.text.split("\n")[: number - 1]
    _, _, below = shown.partition("\n")
    column = max(0, below.find("^") - len(f"{label}: "))
    return sum(len(line) + 1 for line in before) + column


def _is_open(error: VendorError) -> bool:
    """Whether the script may have been run, or may still run."""
    unreadable = 200 <= error.status < 300
    return isinstance(error, Ambiguous) or unreadable or _FROM_THE_DATABASE in error.vendor_message


def _lost(error: VendorError) -> Ambiguous:
    return Ambiguous(error.vendor, error.status, operation=error.operation)
