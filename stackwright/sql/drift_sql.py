"""SQL for a difference, where it can lose nothing; empty otherwise."""

import re
from collections.abc import Collection

from stackwright.sql.catalogue import Object

_ORDER = (
    "extension", "schema", "type", "sequence", "table", "column", "function", "view",
    "constraint", "index", "row security", "policy", "trigger", "publication", "grant", "comment",
)  # fmt: skip
_STATEMENTS = frozenset(_ORDER) - {"table", "column"}
UNWRITTEN = frozenset({"aggregate", "the column's own"})
_REPLACEABLE = frozenset({"function", "view", "comment"})
_SERIAL = re.compile(r"^(small|big)?int(?:eger)? DEFAULT nextval\('(.+)'::regclass\) NOT NULL$")
_SERIALS = {"small": "smallserial", "big": "bigserial", None: "serial"}


def order(kind: str, definition: str, parent: str, name: str) -> tuple[int, bool, str, str]:
    """The sort key of a difference: what others need comes first."""
    return _ORDER.index(kind), "FOREIGN KEY" in definition, parent, name


def creation(item: Object, all_of_them: Collection[Object]) -> str:
    """The statement that makes an object; `all_of_them`: what lives beside it.

    Empty for what cannot be written down, and for a NOT NULL column without a default, which a
    table with rows refuses.
    """
    made = _creation(item, all_of_them)
    return ";\n".join([made, *_grants(item, all_of_them)]) if made else ""


def _creation(item: Object, all_of_them: Collection[Object]) -> str:
    if item.kind == "table":
        return _table(item, all_of_them)
    if item.kind == "column":
        needs_value = item.definition.endswith("NOT NULL") and "DEFAULT" not in item.definition
        definition = _serial(item.definition, all_of_them)
        without = needs_value and "GENERATED" not in item.definition
        return "" if without else f"ALTER TABLE {item.parent} ADD COLUMN {item.name} {definition}"
    return _statement(item)


def replacement(wanted: Object, present: Object) -> str:
    """The statement that makes `present` what `wanted` is, without losing anything."""
    if wanted.kind == "grant":
        # A revoked privilege is for a person to decide; a missing one is given.
        return _statement(wanted) if _privileges(wanted) > _privileges(present) else ""
    if wanted.kind == "column":
        return _default(wanted, present)
    replaceable = wanted.kind in _REPLACEABLE and "OR REPLACE" in wanted.definition
    return _statement(wanted) if replaceable or wanted.kind == "comment" else ""


def _statement(item: Object) -> str:
    """The definition, if it is a whole statement that does what it shows."""
    shows_more = " -- " in item.definition.rpartition("\n")[2] and item.kind in {"index", "trigger"}
    partial = item.definition in UNWRITTEN or "(with grant option)" in item.definition
    return "" if shows_more or partial or item.kind not in _STATEMENTS else item.definition


def _table(item: Object, all_of_them: Collection[Object]) -> str:
    if item.definition != "table" and not item.definition.startswith("table partition by "):
        return ""
    columns = [
        f"    {column.name} {_serial(column.definition, all_of_them)}"
        for column in all_of_them
        if column.kind == "column" and column.parent == item.name
    ]
    inside = ",\n".join(columns)
    return f"CREATE TABLE {item.name} (\n{inside}\n){item.definition.removeprefix('table')}"


_GRANTED_ON = {"table": "TABLE", "view": "TABLE", "sequence": "SEQUENCE", "function": "FUNCTION",
               "schema": "SCHEMA"}  # fmt: skip
_API_ROLES = ("anon", "authenticated", "service_role")
_EVERYTHING = {
    "TABLE": {"DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"},
    "SEQUENCE": {"SELECT", "UPDATE", "USAGE"},
    "FUNCTION": {"EXECUTE"},
    "SCHEMA": {"USAGE", "CREATE"},
}


def _grants(item: Object, all_of_them: Collection[Object]) -> list[str]:
    """Who may use a new object, if that is not what Supabase gives by default.

    Then the defaults are revoked first: what was closed by hand must not open by being adopted.
    """
    word = _GRANTED_ON.get(item.kind)
    if word is None:
        return []
    place = f"{word} {item.name}"
    given = [one for one in all_of_them if one.kind == "grant" and one.parent == place]
    usual = [*(_API_ROLES if item.name.startswith("public.") else ())]
    usual += ["PUBLIC"] if item.kind == "function" else []
    full = all(_privileges(one) - {"MAINTAIN"} == _EVERYTHING[word] for one in given)
    if full and {one.name for one in given} == set(usual):
        return []
    closed = [f"REVOKE ALL ON {place} FROM {', '.join(usual)}"] if usual else []
    return closed + [sentence for one in given if (sentence := _statement(one))]


def _serial(definition: str, all_of_them: Collection[Object]) -> str:
    """A default from the column's own sequence is written as it was: the sequence comes along."""
    match = _SERIAL.match(definition)
    own = {o.name for o in all_of_them if o.kind == "sequence" and o.parent}
    return _SERIALS[match[1]] if match and match[2] in own else definition


def _privileges(item: Object) -> frozenset[str]:
    listed = item.definition.removeprefix("GRANT ").partition(" ON ")[0]
    return frozenset(listed.split(", "))


def _default(wanted: Object, present: Object) -> str:
    """Only another default: rows keep what they have."""
    before, mark, value = wanted.definition.removesuffix(" NOT NULL").partition(" DEFAULT ")
    if present.definition.removesuffix(" NOT NULL").partition(" DEFAULT ")[0] != before or not mark:
        return ""
    same_null = wanted.definition.endswith("NOT NULL") == present.definition.endswith("NOT NULL")
    change = f"ALTER TABLE {wanted.parent} ALTER COLUMN {wanted.name} SET DEFAULT {value}"
    return change if same_null else ""
