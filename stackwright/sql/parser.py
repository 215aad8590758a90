"""PostgreSQL's own parser, as the package `postgast` brings it (libpg_query, BSD licence).

It exists as a wheel for the common platforms only; where it is missing, `AVAILABLE` is false and
callers judge statements by their words instead, and say so. Trees are protobuf messages of
libpg_query's `pg_query.proto`: the parse nodes of the server's source, under the same names.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from google.protobuf.message import DecodeError

from stackwright.errors import StackwrightError

# By name: the package's own type hints are no Python to a type checker.
postgast: Any
try:
    postgast = import_module("postgast")
except (ImportError, OSError):  # no wheel, or one whose library does not load here
    postgast = None

AVAILABLE = postgast is not None
Node = Any
"""A parse node; its fields are those of `pg_query.proto`."""


class Unparsable(StackwrightError):
    """Text that this parser does not take; a newer server may."""


def parse(sql: str) -> list[Node]:
    """The top nodes of the statements in `sql`; raises `Unparsable`."""
    try:
        return [bare(raw.stmt) for raw in postgast.parse(sql).stmts]
    except (postgast.PgQueryError, UnicodeError, DecodeError) as error:
        raise Unparsable(str(error)) from None


def parse_code(statement: str) -> Any:
    """The tree of a DO or CREATE FUNCTION in PL/pgSQL, as nested dicts; raises `Unparsable`."""
    try:
        return postgast.parse_plpgsql(statement)
    except json.JSONDecodeError as error:
        return _repaired(error.doc)
    except (postgast.PgQueryError, UnicodeError) as error:
        raise Unparsable(str(error)) from None


def _repaired(text: str) -> Any:
    """libpg_query closes each special variable of a trigger function once too often."""
    variables, action, body = text.partition('"action":')
    try:
        return json.loads(variables.replace(",{}}", ",{}") + action + body)
    except json.JSONDecodeError as error:
        raise Unparsable(f"the parser's own answer is broken: {error}") from None


def bare(node: Node) -> Node:
    """The message inside a `Node` wrapper; anything else as it is."""
    return postgast.unwrap_node(node)


def kind(node: Node) -> str:
    """The name of a node's type: `DropStmt`."""
    return type(node).__name__


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    return (found for _, found in postgast.walk(node))


def word(node: Node, field: str) -> str:
    """The name of an enumeration's value: `OBJECT_TABLE`."""
    value = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(node, field)]
    return str(value.name)


def strings(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The texts of a list of String nodes: the parts of a name."""
    return tuple(bare(node).sval for node in nodes)


def option(options: Sequence[Node], name: str) -> Node | None:
    """The argument of the `DefElem` called `name`."""
    found = (bare(item) for item in options)
    return next((bare(item.arg) for item in found if item.defname == name), None)
