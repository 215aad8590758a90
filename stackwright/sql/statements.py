"""Splits a migration file into statements, each with its place in the file.

A semicolon ends a statement unless it stands in parentheses (`CREATE RULE ... DO (a; b)`) or in
a `BEGIN ATOMIC ... END` body of a function (PostgreSQL 14+). What only psql understands is
refused here with its place: the server would answer with a syntax error that explains nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stackwright.sql.errors import BadSql, Position
from stackwright.sql.tokens import Kind, Token, tokenize

MOST_WORDS = 12
_ENDS_TRANSACTION = {"COMMIT", "END", "ABORT", "ROLLBACK"}


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon; comments before it belong to it.

    `start` is the offset of `text` in the file, `line` and `column` (from 1) those of its
    first word, `lead` the number of characters of comments and blanks before that word.
    """

    text: str
    start: int
    line: int
    column: int
    lead: int = 0
    words: tuple[str, ...] = ()
    """Its first 12 bare words in upper case; strings, numbers and quoted names left out."""

    @property
    def bare(self) -> str:
        """The statement from its first word on, without the comments before it."""
        return self.text[self.lead :]

    @property
    def opens_transaction(self) -> bool:
        """Whether it is BEGIN or START TRANSACTION."""
        return self.words[:1] == ("BEGIN",) or self.words[:2] == ("START", "TRANSACTION")

    @property
    def ends_transaction(self) -> bool:
        """Whether it ends the whole transaction (ROLLBACK TO a savepoint does not)."""
        if self.words[:2] == ("PREPARE", "TRANSACTION"):
            return True
        return self.words[:1] in _ENDINGS and "TO" not in self.words[:4]

    @property
    def sends_rows(self) -> bool:
        """Whether it is COPY ... TO stdout, which waits for somebody who reads the rows."""
        if self.words[:1] != ("COPY",):
            return False
        words = list(_words(self.bare))
        return "TO" in words and "STDOUT" in words

    def summary(self, width: int = 100) -> str:
        """The statement on one line without leading comments, cut at `width` characters."""
        line = " ".join(self.bare[: 4 * width].split())
        return line if len(line) <= width else line[: width - 3] + "..."


_ENDINGS = {(word,) for word in _ENDS_TRANSACTION}


def split(text: str) -> list[Statement]:
    """The statements of `text` in order; raises `BadSql` for what is not plain SQL."""
    splitter = _Splitter(text)
    for token in tokenize(text):
        splitter.take(token)
    return splitter.finish()


class _Splitter:
    """Walks over the tokens of one file and collects its statements."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.statements: list[Statement] = []
        self._positions = _Positions(text)
        self._begin()

    def _begin(self) -> None:
        self.start = self.first = -1
        self.parentheses = self.atomic = 0
        self.last_word = ""
        self.words: list[str] = []

    def take(self, token: Token) -> None:
        if token.text == ";" and self.parentheses == 0 and self.atomic == 0:
            self._end(token.start)
            return
        if self.start < 0:
            self.start = token.start
        if token.kind is Kind.COMMENT:
            return
        if self.first < 0:
            self.first = token.start
        self._count(token)

    def finish(self) -> list[Statement]:
        self._end(len(self.text))
        return self.statements

    def _count(self, token: Token) -> None:
        if token.kind is Kind.WORD:
            self._count_word(token.text.upper())
        elif token.text == "(":
            self.parentheses += 1
        elif token.text == ")":
            self.parentheses = max(0, self.parentheses - 1)
        elif token.text == "\\":
            _refuse_psql(self.text, token.start)

    def _count_word(self, word: str) -> None:
        if len(self.words) < MOST_WORDS:
            self.words.append(word)
        if self.parentheses == 0:
            self._count_blocks(word)

    def _count_blocks(self, word: str) -> None:
        if self.atomic == 0:
            self.atomic = 1 if word == "ATOMIC" and self.last_word == "BEGIN" else 0
        elif word == "CASE":
            self.atomic += 1
        elif word == "END":
            self.atomic -= 1
        self.last_word = word

    def _end(self, end: int) -> None:
        if self.first >= 0:
            line, column = self._positions.at(self.first)
            body = self.text[self.start : end].rstrip()
            lead, words = self.first - self.start, tuple(self.words)
            statement = Statement(body, self.start, line, column, lead, words)
            _refuse_inline_copy(statement)
            self.statements.append(statement)
        self._begin()


class _Positions:
    """Line and column of offsets that only grow (one pass over a large file)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._seen = 0
        self._line = 1

    def at(self, offset: int) -> tuple[int, int]:
        self._line += self._text.count("\n", self._seen, offset)
        self._seen = offset
        return self._line, offset - self._text.rfind("\n", 0, offset)


def _words(text: str) -> Iterator[str]:
    return (token.text.upper() for token in tokenize(text) if token.kind is Kind.WORD)


def _refuse_psql(text: str, offset: int) -> None:
    command = text[offset : offset + 80].split(None, 1)[0]
    raise BadSql(
        f"{command} is a command of psql, not SQL: write plain SQL, "
        "and load data with INSERT or as reference data",
        Position.of(text, offset),
    )


def _refuse_inline_copy(statement: Statement) -> None:
    if statement.words[:1] != ("COPY",):
        return
    words = list(_words(statement.bare))
    if "FROM" in words and "STDIN" in words:
        raise BadSql(
            "COPY ... FROM stdin with the data in the file is only understood by psql: "
            "use INSERT, or reference data (sql/reference/) for rows kept in a CSV",
            Position(statement.line, statement.column),
        )
