"""What each statement of a migration locks and destroys, for a person to read in a preview.

Locks are those of PostgreSQL's documentation, section 13.3 and the page of each command. The
statement is judged by its words, not by running it. Honest limits: code in a DO block is only
searched for words, the bodies of functions that a statement calls are not looked into, dynamic
SQL is not seen, and whether a type change rewrites a table is left open (`rewrites` is none).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stackwright.sql.effect_rules import ACTIONS, OTHER_ACTION, ROWS, SIMPLE, Effect, Words
from stackwright.sql.errors import BadSql
from stackwright.sql.migration import Migration
from stackwright.sql.statements import Statement
from stackwright.sql.tokens import Kind, Token, significant


def effects(migrations: Iterable[Migration]) -> list[Effect]:
    """The effects of all statements in order; those on objects made by these files are left out."""
    found: list[Effect] = []
    made: set[str] = set()
    for migration in migrations:
        remade = set(_policies(migration.body, "CREATE"))
        for statement in migration.body:
            for effect in of_statement(statement):
                if effect.action == "CREATE TABLE":
                    made.add(_plain(effect.object))
                elif _plain(effect.object) not in made:
                    placed = replace(effect, file=migration.file, line=statement.line)
                    found.append(_softened(placed, statement, remade))
    return found


def of_statement(statement: Statement) -> list[Effect]:
    """The effects of one statement; empty for one that locks and loses nothing of note."""
    tokens = significant(statement.bare)
    words = tuple(token.text.upper() for token in tokens)
    if words[:2] == ("ALTER", "TABLE"):
        return list(_alter_table(tokens, words))
    if words[0] in {"UPDATE", "DELETE", "MERGE", "WITH"}:
        return list(_rows(tokens, words))
    if words[0] in {"DO", "CALL"}:
        return [_code(tokens, words)]
    return list(_simple(tokens, words))


def _simple(tokens: Sequence[Token], words: Words) -> Iterator[Effect]:
    for start, effect in SIMPLE:
        if words[: len(start)] == start:
            at = _after_options(words, len(start))
            if effect.object == "ON":
                at = next((i + 1 for i, word in enumerate(words) if word == "ON"), at)
            yield replace(effect, object=_name(tokens, _after_options(words, at)))
            return


def _alter_table(tokens: Sequence[Token], words: Words) -> Iterator[Effect]:
    at = _after_options(words, 2)
    table = _name(tokens, at)
    start = at + _name_length(tokens, at)
    for action in _split_commas(words[start:]):
        text = " ".join(action)
        rule = next((effect for pattern, effect in ACTIONS if pattern.match(text)), OTHER_ACTION)
        column = _action_object(rule.action, action)
        yield replace(rule, object=f"{table}{column}")


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
        yield Effect(word, target, ROWS, destroys=everything, note=note)


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
    return Effect("DO", destroys=bool(losses), note=note)


def _code_words(body: str) -> str:
    inner = re.sub(r"^\$\w*\$|\$\w*\$$", "", body)
    try:
        tokens = significant(inner)
        dynamic = any(token.text.upper() == "EXECUTE" for token in tokens)
        seen = [token for token in tokens if dynamic or token.kind is not Kind.STRING]
        return " ".join(token.text.upper() for token in seen)
    except BadSql:
        return " ".join(body.upper().split())


def _softened(effect: Effect, statement: Statement, remade: set[str]) -> Effect:
    """A policy that the same file makes again is replaced, not lost."""
    if effect.action == "DROP POLICY" and set(_policies([statement], "DROP")) & remade:
        return replace(effect, destroys=False, note="replaced in the same file")
    return effect


def _policies(statements: Iterable[Statement], verb: str) -> Iterator[str]:
    for statement in statements:
        if statement.words[:2] == (verb, "POLICY"):
            tokens = significant(statement.bare)
            at = _after_options(tuple(token.text.upper() for token in tokens), 2)
            yield f"{tokens[at].text.lower()} {_plain(_name(tokens, at + 2))}"


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


def _plain(name: str) -> str:
    """The table of a name, without the schema `public` and without quotes."""
    return name.replace('"', "").removeprefix("public.")


def _split_commas(words: Sequence[str]) -> Iterator[Sequence[str]]:
    depth, start = 0, 0
    for at, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            yield words[start:at]
            start = at + 1
    yield words[start:]
