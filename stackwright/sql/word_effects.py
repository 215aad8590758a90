"""What a statement locks and destroys, by its words: for what the parser does not take.

Locks are those of PostgreSQL's documentation, section 13.3 and the page of each command. Code is
only searched for words, and whether a type change rewrites a table is left open.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stackwright.sql.effect_rules import (
    ACTIONS,
    OTHER_ACTION,
    ROWS,
    SIMPLE,
    Effect,
    Event,
    Made,
    PathChanged,
    Renamed,
    Thing,
    Words,
)
from stackwright.sql.errors import BadSql
from stackwright.sql.statements import Statement
from stackwright.sql.tokens import Kind, Token, significant


def of_statement(statement: Statement) -> list[Event]:
    """The events of one statement; empty for one that locks, makes and loses nothing of note."""
    tokens = significant(statement.bare)
    words = tuple(token.text.upper() for token in tokens)
    if words[:2] == ("ALTER", "TABLE"):
        return list(_alter_table(tokens, words))
    if words[0] in {"UPDATE", "DELETE", "MERGE", "WITH"}:
        return list(_rows(tokens, words))
    if words[0] in {"DO", "CALL"}:
        return [_code(tokens, words)]
    if words[0] in {"SET", "RESET"} and {"SEARCH_PATH", "ALL"} & set(words):
        return [PathChanged()]
    return list(_simple(tokens, words))


def _simple(tokens: Sequence[Token], words: Words) -> Iterator[Event]:
    for start, effect in SIMPLE:
        if words[: len(start)] == start:
            first = _after_options(words, len(start))
            if effect.object == "ON":
                yield from _on_table(tokens, words, first, effect)
            elif effect.action == "CREATE TABLE":
                temporary = words[1] in {"TEMP", "TEMPORARY"}
                yield Made(_thing(tokens, first), "EXISTS" not in words[:first], temporary)
            else:
                yield _of(effect, tokens, first)
            return


def _on_table(tokens: Sequence[Token], words: Words, first: int, effect: Effect) -> Iterator[Event]:
    """`CREATE|DROP POLICY name ON table`, and an index, whose name is of no interest."""
    on = next((i + 1 for i, word in enumerate(words) if word == "ON"), first)
    table = _of(effect, tokens, _after_options(words, on))
    part = replace(table.things[0], kind=words[1].lower(), part=_name(tokens, first).strip('"'))
    if words[0] == "DROP":
        yield replace(table, object=f"{_name(tokens, first)} on {table.object}", things=(part,))
    else:
        yield table
        yield Made(part, "REPLACE" not in words[:3])


def _of(effect: Effect, tokens: Sequence[Token], at: int) -> Effect:
    return replace(effect, object=_name(tokens, at), things=(_thing(tokens, at),))


def _thing(tokens: Sequence[Token], at: int) -> Thing:
    parts = [t.text.lower() if t.kind is Kind.WORD else t.text.strip('"')
             for t in tokens[at : at + _name_length(tokens, at) : 2]] or [""]  # fmt: skip
    return Thing("relation", parts[-2] if len(parts) > 1 else "", parts[-1])


def _alter_table(tokens: Sequence[Token], words: Words) -> Iterator[Event]:
    at = _after_options(words, 2)
    table = _thing(tokens, at)
    start = at + _name_length(tokens, at)
    for action in _split_commas(words[start:]):
        text = " ".join(action)
        rule = next((effect for pattern, effect in ACTIONS if pattern.match(text)), OTHER_ACTION)
        column = _action_object(rule.action, action)
        yield replace(rule, object=f"{_name(tokens, at)}{column}", things=(table,))
        if rule.action == "RENAME" and action[1:2] == ("TO",):
            yield Renamed(table, replace(table, name=_thing(tokens, len(tokens) - 1).name))


def _action_object(rule: str, action: Sequence[str]) -> str:
    """`.column` for actions on a column, else nothing."""
    if rule not in {"DROP COLUMN", "ADD COLUMN", "ALTER COLUMN TYPE", "SET NOT NULL"}:
        return ""
    skip = {"ADD", "DROP", "ALTER", "COLUMN", "IF", "NOT", "EXISTS"}
    name = next((word for word in action if word not in skip), "")
    return "." + (name if name.startswith('"') else name.lower())


def _rows(tokens: Sequence[Token], words: Words) -> Iterator[Effect]:
    for at, word in enumerate(words):
        writes = word in {"UPDATE", "DELETE", "MERGE"} and (at == 0 or words[0] == "WITH")
        if not writes or (at and words[at - 1] in {"FOR", "DO", "ON", "KEY", "THEN"}):
            continue
        name = at + 1 + (words[at + 1 : at + 2] in {("FROM",), ("INTO",)})
        everything = word != "MERGE" and "WHERE" not in _own_part(words, at)
        note = "without WHERE: every row" if everything else ""
        target = _name(tokens, _after_options(words, name))
        things = (_thing(tokens, _after_options(words, name)),)
        yield Effect(word, target, ROWS, destroys=everything, note=note, things=things)


def _own_part(words: Words, at: int) -> Words:
    """The words from `at` to the end of its own parentheses."""
    depth = 0
    for end in range(at, len(words)):
        depth += {"(": 1, ")": -1}.get(words[end], 0)
        if depth < 0:
            return words[at:end]
    return words[at:]


_LOSSES = re.compile(
    r"\b(DROP (?:TABLE|SCHEMA|COLUMN|POLICY|DATABASE|OWNED)|TRUNCATE|DELETE FROM)\b"
)


def _code(tokens: Sequence[Token], words: Words) -> Effect:
    if words[0] == "CALL":
        return Effect("CALL", _name(tokens, 1), note="what a procedure does is not looked into")
    body = " ".join(token.text for token in tokens if token.kind is Kind.STRING)
    losses = sorted({match[1] for match in _LOSSES.finditer(_code_words(body))})
    dynamic = " and builds SQL that cannot be seen" if re.search(r"(?i)\bexecute\b", body) else ""
    note = f"runs code{dynamic}" + (f", with {', '.join(losses)} in it" if losses else "")
    return Effect("DO", destroys=bool(losses), note=note, guarded=bool(dynamic))


def _code_words(body: str) -> str:
    inner = re.sub(r"^\$\w*\$|\$\w*\$$", "", body)
    try:
        tokens = significant(inner)
        dynamic = any(token.text.upper() == "EXECUTE" for token in tokens)
        seen = [token for token in tokens if dynamic or token.kind is not Kind.STRING]
        return " ".join(token.text.upper() for token in seen)
    except BadSql:
        return " ".join(body.upper().split())


_OPTIONS = {"IF", "NOT", "EXISTS", "ONLY", "TABLE", "CONCURRENTLY", "BY"}


def _after_options(words: Words, at: int) -> int:
    while at < len(words) and words[at] in _OPTIONS:
        at += 1
    return at


def _name(tokens: Sequence[Token], at: int) -> str:
    """A name as it is written, `schema.table`, unquoted parts in lower case."""
    parts = tokens[at : at + _name_length(tokens, at)]
    return "".join(t.text.lower() if t.kind is Kind.WORD else t.text for t in parts)


def _name_length(tokens: Sequence[Token], at: int) -> int:
    end = at + 1
    while end + 1 < len(tokens) and tokens[end].text == ".":
        end += 2
    return min(end, len(tokens)) - at


def _split_commas(words: Sequence[str]) -> Iterator[Sequence[str]]:
    depth, start = 0, 0
    for at, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            yield words[start:at]
            start = at + 1
    yield words[start:]
