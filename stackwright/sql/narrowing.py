"""Whether a column's new type keeps every value of the old one, and whether it rewrites the table.

Source: PostgreSQL's documentation, chapter 8 (ranges of the types) and ALTER TABLE, "Notes" (a
type that is binary coercible to the new one needs no rewrite).
"""

from stackwright.sql import names
from stackwright.sql.parser import AVAILABLE, Unparsable, bare, parse

Type = tuple[str, tuple[int, ...], int]
"""Base name without `pg_catalog`, modifiers (length; precision and scale), array dimensions."""

# Digits of the largest value.
_INTEGERS = {"int2": 5, "int4": 10, "int8": 19}
_EXACT_IN = {
    "float4": {"int2"},
    "float8": {"int2", "int4", "float4"},
    "timestamp": {"date"},
    "timestamptz": {"date", "timestamp"},
}
_SIZED = {"varchar", "bpchar"}
_TEXTS = {"text", "varchar", "bpchar", "name"}
_PRINTED = _TEXTS | {"int2", "int4", "int8", "numeric", "bool", "uuid", "inet", "cidr", "json",
                     "jsonb", "date"}  # fmt: skip


def keeps(old: str, new: str) -> bool:
    """Whether no value of type `old` is lost in `new`; types as the server prints them."""
    before, after = _parsed(old), _parsed(new)
    if before is None or after is None:
        return False
    if before == after:
        return True
    return before[2] == after[2] and _scalar_keeps(before, after)


def _scalar_keeps(old: Type, new: Type) -> bool:
    (base, mods, _), (target, limits, _) = old, new
    if target in {"text", "varchar"} and not limits:
        return base in _PRINTED
    if target in _SIZED and base in _SIZED:
        return bool(limits and mods) and limits[0] >= mods[0]
    if target == "numeric":
        return _fits_numeric(base, mods, limits)
    if base in _INTEGERS and target in _INTEGERS:
        return _INTEGERS[base] <= _INTEGERS[target]
    if base == target:
        return not limits or (bool(mods) and limits[0] >= mods[0])
    return base in _EXACT_IN.get(target, set()) and not limits


def _fits_numeric(base: str, mods: tuple[int, ...], limits: tuple[int, ...]) -> bool:
    if base not in {"numeric", *_INTEGERS}:
        return False
    if not limits:
        return True
    if base == "numeric" and not mods:
        return False
    precision, scale = (_INTEGERS[base], 0) if base in _INTEGERS else (*mods, 0)[:2]
    wide, fine = (*limits, 0)[:2]
    return fine >= scale and wide - fine >= precision - scale


def rewrites(old: str, new: str) -> bool:
    """Whether the table is written anew for it."""
    before, after = _parsed(old), _parsed(new)
    if before is None or after is None or before[2] != after[2]:
        return True
    same_bytes = {before[0], after[0]} <= {"text", "varchar"}
    if before[0] == after[0] == "numeric":
        same_bytes = not after[1] or (*before[1], 0)[1:2] == (*after[1], 0)[1:2]
    return before != after and not (same_bytes and keeps(old, new))


def _parsed(text: str) -> Type | None:
    if not AVAILABLE:
        return None
    try:
        [select] = parse(f"SELECT NULL::{text}")
    except (Unparsable, ValueError):
        return None
    node = bare(bare(bare(select.target_list[0]).val).type_name)
    spelled = names.type_name(node).removeprefix("pg_catalog.")
    base, _, rest = spelled.rstrip("[]").partition("(")
    mods = tuple(int(number) for number in rest.rstrip(")").split(",") if number)
    # `char` alone is char(1) to the parser; the server prints `character` for the unlimited one.
    return base, mods, len(node.array_bounds)
