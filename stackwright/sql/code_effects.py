"""What the code in a DO block or a function locks and destroys.

A DO block runs now. The body of a function runs when someone calls it; what it destroys is
reported where it is made, because nobody is asked later. SQL that a body builds at run time
(EXECUTE) is judged by the parts that are written in the text, with `?` for the names that are
not; where nothing is written, that is said, and for a DO block a person must allow it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from stackwright.sql.effect_rules import Effect, Event, Made, PathChanged, Renamed, Thing
from stackwright.sql.errors import BadSql
from stackwright.sql.parser import (
    Node,
    Unparsable,
    bare,
    kind,
    option,
    parse,
    parse_code,
    strings,
    walk,
)
from stackwright.sql.statements import Statement
from stackwright.sql.tokens import Kind, Token, significant

Judge = Callable[[Node], Iterator[Event]]
_UNKNOWN = "stackwright_unknown"
_DYNAMIC = {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"}


@dataclass(frozen=True)
class Piece:
    """SQL inside code: the text, its line in the body (from 1), and whether it is built there."""

    text: str
    line: int
    built: bool = False


def of_code(node: Node, statement: Statement, judge: Judge) -> Iterator[Event]:
    """The events of the code in a DO or CREATE FUNCTION; `judge` takes one parsed statement."""
    now = kind(node) == "DoStmt"
    where = "in a DO block" if now else f"in {_function(node)}, when it is called"
    for line, event in _in_body(node, statement, judge, now=now):
        if isinstance(event, Effect):
            note = f"{where}; {event.note}" if event.note else where
            yield replace(event, note=note, line=statement.line + line)
        elif isinstance(event, Renamed | PathChanged) and now:
            yield event


def _function(node: Node) -> str:
    return f"{'.'.join(strings(node.funcname))}()"


def _in_body(
    node: Node, statement: Statement, judge: Judge, *, now: bool
) -> Iterator[tuple[int, Event]]:
    """Events with their line, counted from the statement's first line."""
    if not now and node.HasField("sql_body"):
        yield from ((0, event) for found in walk(node.sql_body) for event in _plain(found, judge))
        return
    language, body = _language(node), _body(node)
    line = _body_line(body, statement)
    if language not in {"plpgsql", "sql"}:
        if now or language not in {"c", "internal"}:
            yield line, _unseen(f"code in {language} is not looked into", guarded=now)
        return
    pieces = [Piece(body, 1)] if language == "sql" else _pieces(body, statement.bare)
    own: set[Thing] = set()
    for piece in pieces:
        for event in _judged(piece, judge, now=now):
            if isinstance(event, Made) and event.surely:
                own.add(event.thing)
            if not (isinstance(event, Effect) and own.intersection(event.things)):
                yield line + piece.line - 1, event


def _plain(node: Node, judge: Judge) -> Iterator[Event]:
    return judge(node) if kind(node).endswith("Stmt") else iter(())


def _language(node: Node) -> str:
    options = node.args if kind(node) == "DoStmt" else node.options
    named = option(options, "language")
    fallback = "plpgsql" if kind(node) == "DoStmt" else "sql"
    return str(named.sval).lower() if named is not None else fallback


def _body(node: Node) -> str:
    options = node.args if kind(node) == "DoStmt" else node.options
    given = option(options, "as")
    if given is None:
        return ""
    return str(given.sval if kind(given) == "String" else strings(given.items)[0])


def _body_line(body: str, statement: Statement) -> int:
    """The line on which the body begins, counted from the statement's first (from 0)."""
    for token in significant(statement.bare):
        if token.kind is Kind.STRING and body in token.text:
            return statement.bare.count("\n", 0, token.start)
    return 0


# -- PL/pgSQL --------------------------------------------------------------------------------------


def _pieces(body: str, whole: str) -> list[Piece]:
    try:
        return list(_in_tree(parse_code(whole), 1, ""))
    except (Unparsable, RecursionError):
        return list(_in_words(body))


def _in_tree(tree: Any, line: int, parent: str) -> Iterator[Piece]:
    """The SQL in libpg_query's tree of a body."""
    if isinstance(tree, list):
        for item in tree:
            yield from _in_tree(item, line, parent)
    elif isinstance(tree, dict):
        line = tree.get("lineno", line)
        for key, below in tree.items():
            if key == "PLpgSQL_expr":
                yield from _expression(below, line, built=parent == "built")
            else:
                built = key == "dynquery" or (parent in _DYNAMIC and key == "query")
                yield from _in_tree(below, line, "built" if built else key)


def _expression(expression: Any, line: int, *, built: bool) -> Iterator[Piece]:
    # Mode 0 is a statement; the others are expressions, which change nothing.
    if built or expression.get("parseMode", 0) == 0:
        yield Piece(expression.get("query", ""), line, built)


_VERBS = {
    "ALTER", "CALL", "CLUSTER", "COPY", "CREATE", "DELETE", "DROP", "EXECUTE", "INSERT", "LOCK",
    "MERGE", "PERFORM", "REFRESH", "REINDEX", "SELECT", "TRUNCATE", "UPDATE", "VACUUM", "WITH",
}  # fmt: skip
_OPENERS = {"BEGIN", "THEN", "ELSE", "LOOP", "DECLARE"}
# These stand behind other words too: FOR r IN EXECUTE, RETURN QUERY DELETE.
_ANYWHERE = {"DELETE", "EXECUTE", "MERGE", "UPDATE", "WITH"}
_NO_VERB_AFTER = {"FOR", "ON", "KEY", "DO", "AFTER", "BEFORE", "OF", "OR", "."}


def _in_words(body: str) -> Iterator[Piece]:
    """The SQL in a body that the parser does not take: what follows `;`, BEGIN, THEN and such."""
    try:
        tokens = significant(body)
    except BadSql:
        return
    start: Token | None = None
    last, fresh, inner = "", True, False
    for token in tokens:
        upper = token.text.upper()
        if token.text == ";" or (inner and upper == "LOOP"):
            if start is not None:
                yield _cut(body, start, token.start)
            start, fresh, inner = None, True, False
        elif start is None:
            verb = upper in (_VERBS if fresh else _ANYWHERE)
            if verb and (upper == "EXECUTE" or last not in _NO_VERB_AFTER):
                start, inner = token, not fresh
            fresh = upper in _OPENERS
        last = upper


def _cut(body: str, start: Token, end: int) -> Piece:
    line = body.count("\n", 0, start.start) + 1
    if start.text.upper() == "EXECUTE":
        expression = re.split(r"(?i)\s(?:into|using)\s", body[start.end : end])[0]
        return Piece(expression, line, built=True)
    return Piece(body[start.start : end], line)


# -- one statement in a body -----------------------------------------------------------------------


def _judged(piece: Piece, judge: Judge, *, now: bool) -> Iterator[Event]:
    if piece.built:
        yield from _judged_built(piece, judge, now=now)
        return
    try:
        found = list(_events(piece.text, judge))
    except (Unparsable, RecursionError):
        found = list(_by_words(piece.text, guarded=now))
    yield from found


def _events(text: str, judge: Judge) -> Iterator[Event]:
    for node in parse(text):
        yield from judge(node)


def _judged_built(piece: Piece, judge: Judge, *, now: bool) -> Iterator[Event]:
    text = _built_text(piece.text)
    try:
        events = list(_events(text, judge)) if text.replace(_UNKNOWN, "").strip() else []
        seen = bool(text.replace(_UNKNOWN, "").strip())
    except (Unparsable, RecursionError):
        events, seen = list(_by_words(text, guarded=now)), True
    if not seen:
        yield _unseen("SQL that is built at run time cannot be seen", guarded=now)
    yield from (_anonymous(event) for event in events)


def _anonymous(event: Event) -> Event:
    """An effect of built SQL: names that are not in the text are a question mark."""
    if not isinstance(event, Effect):
        return event
    unknown = _UNKNOWN in event.object
    note = "; ".join(filter(None, ["built at run time", event.note]))
    things = () if unknown else event.things
    return replace(event, object=event.object.replace(_UNKNOWN, "?"), note=note, things=things)


def _unseen(note: str, *, guarded: bool) -> Effect:
    return Effect("EXECUTE", note=note, guarded=guarded)


_LOSSES = re.compile(
    r"\b(DROP|TRUNCATE|DELETE\s+FROM|UPDATE|DISABLE\s+ROW|SET\s+NOT\s+NULL)\b", re.IGNORECASE
)


def _by_words(text: str, *, guarded: bool) -> Iterator[Effect]:
    """Text that is not SQL to the parser, such as `DELETE ... RETURNING ... INTO`."""
    if re.search(r"(?i)\b(delete|update)\b.*\bwhere\b", text, re.DOTALL):
        return
    losses = sorted({" ".join(match[1].upper().split()) for match in _LOSSES.finditer(text)})
    if losses:
        note = f"could not be parsed and holds the words {', '.join(losses)}"
        yield Effect("EXECUTE", note=note, destroys=True)
    elif guarded and _UNKNOWN in text:
        yield _unseen("SQL that is built at run time cannot be seen", guarded=True)


# -- text that is built ----------------------------------------------------------------------------


def _built_text(expression: str) -> str:
    """The text that an expression builds, with a name that nobody has for what is not written."""
    try:
        [select] = parse(f"SELECT {expression}")
        return _text_of(bare(select.target_list[0]).val)
    except (Unparsable, ValueError, IndexError, AttributeError):
        return _UNKNOWN


def _text_of(wrapped: Node) -> str:
    node = bare(wrapped)
    if kind(node) == "A_Const":
        return str(node.sval.sval) if node.HasField("sval") else "1"
    if kind(node) == "TypeCast":
        return _text_of(node.arg)
    if kind(node) == "A_Expr" and strings(node.name) == ("||",):
        return _text_of(node.lexpr) + _text_of(node.rexpr)
    if kind(node) == "FuncCall":
        return _call_text(node)
    return _UNKNOWN


def _call_text(node: Node) -> str:
    name = strings(node.funcname)[-1]
    if name == "format" and node.args:
        return _PLACE.sub(_filled, _text_of(node.args[0]))
    if name in {"quote_literal", "quote_nullable"}:
        return "'x'"
    if name == "concat":
        return "".join(map(_text_of, node.args))
    return _UNKNOWN


_PLACE = re.compile(r"%(?:\d+\$)?-?\d*([IsL%])")


def _filled(match: re.Match[str]) -> str:
    return {"%": "%", "L": "'x'"}.get(match[1], _UNKNOWN)
