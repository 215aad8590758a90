"""A migration: one file `<version>_<name>.sql`, its text, checksum and directives.

The name's form is that of the Supabase CLI (digits, underscore, name). The text is taken
without a byte order mark and with LF line ends, and the checksum (sha-256, hex) is of that
form, so that a checkout on another system does not look like an edit.

Directives are comment lines before the first statement: `-- stackwright: no-transaction`, and
the two that make a file wait (`waiting.py`).
Files are applied in the order of their version, or as a file `ORDER` beside them lists them
(one file name a line, `#` begins a comment).
"""

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from stackwright.sql.errors import BadMigrations, BadSql, Position
from stackwright.sql.statements import Statement, split

_NAME = re.compile(r"([0-9]+)_(.+)\.sql")
_DIRECTIVE = re.compile(r"^\s*--\s*stackwright:\s*(.*?)\s*$", re.MULTILINE)
_NO_TRANSACTION, _ONCE_APPROVED = "no-transaction", "once-approved"
_NOT_BEFORE = re.compile(r"not-before (\d{1,4}) days after (\d+)")
_KNOWN = f"{_NO_TRANSACTION}; {_ONCE_APPROVED}; not-before DAYS days after VERSION"
ORDER = "ORDER"


@dataclass(frozen=True)
class NotBefore:
    """A file's earliest day: so many days after `version` was applied."""

    days: int
    version: str


@dataclass(frozen=True)
class Migration:
    """One file: `version` (digits), `name` (the rest of the file's name), `text`, `checksum`."""

    version: str
    name: str
    text: str = field(repr=False)

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.version}_{self.name}.sql"

    @cached_property
    def checksum(self) -> str:
        """The sha-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def statements(self) -> list[Statement]:
        """Its statements; raises `BadSql` naming the file, line and column."""
        try:
            return split(self.text)
        except BadSql as error:
            raise error.in_file(self.file) from None

    @cached_property
    def transactional(self) -> bool:
        """Whether it runs in one transaction (the default)."""
        return _NO_TRANSACTION not in _directives(self.file, self.text)

    @cached_property
    def once_approved(self) -> bool:
        """Whether it waits until the stack's configuration approves it."""
        return _ONCE_APPROVED in _directives(self.file, self.text)

    @cached_property
    def not_before(self) -> NotBefore | None:
        """What it waits for; the last of several counts."""
        found = map(_NOT_BEFORE.fullmatch, _directives(self.file, self.text))
        named = [NotBefore(int(match[1]), match[2]) for match in found if match]
        return named[-1] if named else None

    @cached_property
    def body(self) -> list[Statement]:
        """The statements to run: a BEGIN and COMMIT around the whole file are left out.

        Raises `BadSql` for any other statement that would end the file's transaction, and for
        COPY ... TO stdout, after which the session would wait for a reader.
        """
        for statement in self.statements:
            if statement.sends_rows:
                raise _sends_rows(statement).in_file(self.file)
        if not self.transactional:
            return self.statements
        body = _unwrapped(self.statements)
        for statement in body:
            if statement.opens_transaction or statement.ends_transaction:
                raise _controls_transaction(statement).in_file(self.file)
        return body

    @cached_property
    def fingerprints(self) -> set[str]:
        """MD5 of the text without blanks and semicolons: with and without comments at its end.

        The shared ledger keeps statements but no checksum; tools cut and trim them differently.
        """
        texts = [self.text]
        with suppress(BadSql):  # another tool may have applied what we would refuse
            texts.append("".join(statement.text for statement in self.statements))
        bare = (re.sub(r"[ \t\n\r\f\v;]", "", text) for text in texts)
        return {hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in bare}

    def digest_of_first(self, count: int) -> str:
        """The sha-256 (hex) of the first `count` statements; tells whether they were edited."""
        texts = (statement.text for statement in self.statements[:count])
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def load(directory: Path) -> list[Migration]:
    """The migrations of a folder in the order in which they are applied.

    Raises `BadMigrations` for a missing folder, a bad name, two files with one version, a file
    that waits for none before it, or an ORDER file that does not match; `BadSql` for a file that
    is not UTF-8 text.
    """
    if not directory.is_dir():
        raise BadMigrations(f"{directory}: there is no such folder of migrations")
    paths = sorted(path for path in directory.iterdir() if path.suffix.lower() == ".sql")
    migrations = sorted((read(path) for path in paths), key=by_version)
    _refuse_duplicates(directory, migrations)
    order = directory / ORDER
    listed = _ordered(order, migrations) if order.exists() else migrations
    _refuse_endless_waits(listed)
    return listed


def read(path: Path) -> Migration:
    """One migration file; see `load` for the errors."""
    match = _NAME.fullmatch(path.name)
    if match is None or not path.name.isprintable():
        raise BadMigrations(
            f"{str(path)!r}: a migration is named <version>_<name>.sql with a version of digits, "
            "for example 20250628161522_create_profiles.sql"
        )
    return Migration(match[1], match[2], decode(path.name, _content(path)))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:  # a folder, a link to nothing, no permission
        raise BadMigrations(f"{path}: it cannot be read: {error.strerror}") from None


def decode(file: str, content: bytes) -> str:
    """The text of a file: UTF-8 without byte order mark, LF line ends; raises `BadSql`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        position = Position.of(before, len(before))
        raise BadSql("the file is not UTF-8 text: save it as UTF-8", position, file) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        position = Position.of(text, text.index("\0"))
        raise BadSql("a NUL byte cannot be sent to PostgreSQL: remove it", position, file)
    return text


def by_version(migration: Migration) -> tuple[int, str]:
    """The sort key of a migration: its version as a number."""
    return version_key(migration.version)


def version_key(version: str) -> tuple[int, str]:
    """The sort key of a version; ledger rows of other tools may not be numbers."""
    return (int(version), version) if version.isdecimal() else (-1, version)


def _directives(file: str, text: str) -> list[str]:
    found: list[str] = []
    for match in _DIRECTIVE.finditer(text):
        known = match[1] in {_NO_TRANSACTION, _ONCE_APPROVED} or _NOT_BEFORE.fullmatch(match[1])
        if not known:
            reason = f"unknown directive {match[1]!r}: known are {_KNOWN}"
            raise BadSql(reason, Position.of(text, match.start()), file)
        found.append(match[1])
    return found


def _unwrapped(statements: list[Statement]) -> list[Statement]:
    wrapped = (
        len(statements) >= 2
        and statements[0].opens_transaction
        and statements[-1].words[:1] in {("COMMIT",), ("END",)}
    )
    return statements[1:-1] if wrapped else statements


def _sends_rows(statement: Statement) -> BadSql:
    return BadSql(
        "COPY ... TO stdout sends rows that nobody reads here: remove it",
        Position(statement.line, statement.column),
    )


def _controls_transaction(statement: Statement) -> BadSql:
    return BadSql(
        f"{statement.words[0]} would end the transaction that also holds the ledger's row: "
        "remove it, or begin the file with -- stackwright: no-transaction",
        Position(statement.line, statement.column),
    )


def _refuse_duplicates(directory: Path, migrations: Sequence[Migration]) -> None:
    files: dict[int, str] = {}
    for migration in migrations:
        other = files.setdefault(int(migration.version), migration.file)
        if other != migration.file:
            raise BadMigrations(
                f"{directory}: {other} and {migration.file} have the same version: "
                "give the newer one a version of its own"
            )


def _refuse_endless_waits(migrations: Sequence[Migration]) -> None:
    before: set[str] = set()
    for migration in migrations:
        wait = migration.not_before
        if wait and wait.version not in before:
            raise BadMigrations(
                f"{migration.file}: waits for version {wait.version}, and no file before it has "
                "that version: name an earlier file's version"
            )
        before.add(migration.version)


def _ordered(order: Path, migrations: Sequence[Migration]) -> list[Migration]:
    by_file = {migration.file: migration for migration in migrations}
    listed = _listed(order)
    unknown = [file for file in listed if file not in by_file]
    unlisted = [file for file in by_file if file not in listed]
    if unknown:
        raise BadMigrations(f"{order}: lists {unknown[0]}, which is not in the folder")
    if unlisted:
        raise BadMigrations(f"{order}: does not list {unlisted[0]}: add it where it belongs")
    return [by_file[file] for file in listed]


def _listed(order: Path) -> list[str]:
    text = decode(order.name, _content(order))
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    files = [line for line in lines if line]
    twice = next((file for file in files if files.count(file) > 1), None)
    if twice:
        raise BadMigrations(f"{order}: lists {twice} twice")
    return files
