"""Names of objects out of parse trees: as things to look up, and as text to read."""

import re
from collections.abc import Iterable

from stackwright.sql.effect_rules import Thing
from stackwright.sql.parser import Node, bare, kind, strings

_SIMPLE = re.compile(r"[a-z_][a-z0-9_$]*")


def quoted(*parts: str) -> str:
    """`schema.name`, each part in quotes if it needs them; empty parts are left out."""
    return ".".join(_quoted(part) for part in parts if part)


def _quoted(part: str) -> str:
    return part if _SIMPLE.fullmatch(part) else '"' + part.replace('"', '""') + '"'


def relation(node: Node, part: str = "", kind: str = "relation") -> Thing:
    """The thing that a `RangeVar` names, or a part of it."""
    return Thing(kind, node.schemaname, node.relname, part)


def text(thing: Thing) -> str:
    """`t`, `s.t`, `t.column`, `policy on s.t`."""
    table = quoted(thing.schema, thing.name)
    if not thing.part:
        return table
    if thing.kind == "column":
        return f"{table}.{quoted(thing.part)}"
    if thing.kind == "function":
        return f"{table}({thing.part})"
    return f"{quoted(thing.part)} on {table}"


def thing(kind_of_thing: str, parts: Iterable[str], part: str = "") -> Thing:
    """A thing from the parts of a name as they are written."""
    *schema, name = parts
    return Thing(kind_of_thing, schema[-1] if schema else "", name, part)


def dropped(kind_of_thing: str, item: Node) -> Thing:
    """The thing that an entry of a DROP names."""
    node = bare(item)
    if kind(node) == "ObjectWithArgs":
        given = "" if node.args_unspecified else types(node.objargs)
        return thing(kind_of_thing, strings(node.objname), given)
    if kind(node) == "TypeName":
        return thing(kind_of_thing, strings(node.names))
    if kind(node) == "String":
        return Thing(kind_of_thing, "", node.sval)
    return _listed(kind_of_thing, node)


def _listed(kind_of_thing: str, node: Node) -> Thing:
    texts = [found.sval for found in map(bare, node.items) if kind(found) == "String"]
    if kind_of_thing in {"policy", "trigger", "rule"}:
        return thing(kind_of_thing, texts[:-1], texts[-1])
    return thing(kind_of_thing, texts or [""])


def types(nodes: Iterable[Node]) -> str:
    """The types of a function's arguments, in one form for every way to write them."""
    return ", ".join(type_name(bare(node)) for node in nodes)


def type_name(node: Node) -> str:
    """`pg_catalog.varchar(3)[]` of a `TypeName`, as the parser spells it."""
    mods = [str(bare(mod).ival.ival) for mod in node.typmods if kind(bare(mod)) == "A_Const"]
    base = ".".join(strings(node.names))
    return base + (f"({','.join(mods)})" if mods else "") + "[]" * len(node.array_bounds)
