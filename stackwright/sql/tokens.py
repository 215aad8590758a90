"""Cuts PostgreSQL text into tokens: enough to find statements and to read their first words.

The rules are those of the server's scanner (documentation, section 4.1 "Lexical Structure"):
nested block comments, `E''` strings with backslashes, quoted identifiers, dollar quotes.
`standard_conforming_strings` is taken to be on, the server's default since 9.1.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

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
    [ \t\n\r\f\v]*+
    (?:
    (?P<line_comment>--[^\n\r]*+)
  | (?P<block_comment>/\*)
  | (?P<escape_string>[eE]'(?:[^'\\]++|\\.|'')*+')
  | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']++|'')*+')
  | (?P<quoted_name>(?:[uU]&)?"(?:[^"]++|"")*+")
  | (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+)?\$)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
  | (?P<number>\.?[0-9][0-9A-Za-z_.]*+)
  | (?P<symbol>.)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_KINDS = {
    "line_comment": Kind.COMMENT,
    "block_comment": Kind.COMMENT,
    "dollar": Kind.STRING,
    "escape_string": Kind.STRING,
    "string": Kind.STRING,
    "quoted_name": Kind.QUOTED_NAME,
    "word": Kind.WORD,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}
_NEEDS_A_LOOK = {"block_comment", "dollar", "symbol"}


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of `text` in order; raises `BadSql` where a quote or comment never ends."""
    at = 0
    while match := _TOKEN.match(text, at):
        group = match.lastgroup or ""
        start, end = match.span(group)
        if group in _NEEDS_A_LOOK:
            end = _end_of(group, text, match)
        yield Token(_KINDS[group], start, end, text[start:end])
        at = end


def significant(text: str) -> list[Token]:
    """The tokens of `text` without its comments."""
    return [token for token in tokenize(text) if token.kind is not Kind.COMMENT]


def _end_of(group: str, text: str, match: re.Match[str]) -> int:
    """Where a token ends that its first characters only open."""
    if group == "block_comment":
        return _comment_end(text, match.start(group))
    if group == "dollar":
        return _dollar_end(text, match[group], match.end())
    _refuse_open_quote(text, match.start(group))
    return match.end()


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise BadSql("a comment opened with /* is never closed", Position.of(text, start))


def _dollar_end(text: str, tag: str, opened: int) -> int:
    closing = text.find(tag, opened)
    if closing < 0:
        reason = f"the text quoted with {tag} is never closed"
        raise BadSql(reason, Position.of(text, opened - len(tag)))
    return closing + len(tag)


def _refuse_open_quote(text: str, at: int) -> None:
    if text[at] in "'\"":
        what = "string" if text[at] == "'" else "quoted name"
        raise BadSql(f"a {what} is never closed", Position.of(text, at))
