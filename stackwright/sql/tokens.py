"""Cuts PostgreSQL text into tokens: enough to find statements and to read their first words.

The rules are those of the server's scanner (documentation, section 4.1 "Lexical Structure"):
nested block comments, `E''` strings with backslashes, quoted identifiers, dollar quotes.
`standard_conforming_strings` is taken to be on, the server's default since 9.1.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple, cast

from stackwright.sql.errors import BadSql, Position


class Kind(Enum):
    """What a token is; blanks produce no token."""

    WORD = "word"
    QUOTED_NAME = "quoted name"
    STRING = "string"
    COMMENT = "comment"
    NUMBER = "number"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A token and where it lies in the text; `end` is exclusive."""

    kind: Kind
    start: int
    end: int
    text: str


# Every alternative begins with a character that the ones before it cannot begin with, except
# words: a letter before a quote may be a string's prefix, so prefixed strings come first.
# Possessive quantifiers keep a long unterminated string from being tried again and again.
_TOKEN = re.compile(
    r"""
    (?P<line_comment>--[^\n\r]*+)
  | (?P<block_comment>/\*)
  | (?P<escape_string>[eE]'(?:[^'\\]++|\\.|'')*+')
  | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']++|'')*+')
  | (?P<quoted_name>(?:[uU]&)?"(?:[^"]++|"")*+")
  | (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+)?\$)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
  | (?P<number>\.?[0-9][0-9A-Za-z_.]*+)
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t\n\r\f\v]+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_KINDS = {
    "line_comment": Kind.COMMENT,
    "escape_string": Kind.STRING,
    "string": Kind.STRING,
    "quoted_name": Kind.QUOTED_NAME,
    "word": Kind.WORD,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of `text` in order; raises `BadSql` where a quote or comment never ends."""
    at, size = 0, len(text)
    while at < size:
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        token = _token_at(text, at)
        yield token
        at = token.end


def significant(text: str) -> list[Token]:
    """The tokens of `text` without its comments."""
    return [token for token in tokenize(text) if token.kind is not Kind.COMMENT]


def _token_at(text: str, at: int) -> Token:
    match = cast("re.Match[str]", _TOKEN.match(text, at))  # the last alternative takes anything
    group = match.lastgroup or ""
    if group == "block_comment":
        return _token(Kind.COMMENT, text, at, _comment_end(text, at))
    if group == "dollar":
        return _token(Kind.STRING, text, at, _dollar_end(text, match))
    if group == "symbol":
        _refuse_open_quote(text, at)
    return _token(_KINDS[group], text, at, match.end())


def _token(kind: Kind, text: str, start: int, end: int) -> Token:
    return Token(kind, start, end, text[start:end])


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise BadSql("a comment opened with /* is never closed", Position.of(text, start))


def _dollar_end(text: str, opening: re.Match[str]) -> int:
    closing = text.find(opening[0], opening.end())
    if closing < 0:
        reason = f"the text quoted with {opening[0]} is never closed"
        raise BadSql(reason, Position.of(text, opening.start()))
    return closing + len(opening[0])


def _refuse_open_quote(text: str, at: int) -> None:
    if text[at] in "'\"":
        what = "string" if text[at] == "'" else "quoted name"
        raise BadSql(f"a {what} is never closed", Position.of(text, at))
