"""What each action of an ALTER TABLE locks, rewrites and destroys.

Source: PostgreSQL's documentation of ALTER TABLE, "Description" and "Notes" (what scans and what
rewrites), and section 13.3 for the locks.
"""

from collections.abc import Iterator
from dataclasses import replace

from stackwright.sql import names
from stackwright.sql.effect_rules import EXCLUSIVE, POLITE, WRITES, Effect, Event, Made, Thing
from stackwright.sql.parser import Node, bare, kind, strings, walk, word

# Evaluated once for the whole table; any other function may give each row a value of its own.
_STABLE = {"now", "statement_timestamp", "transaction_timestamp", "current_setting"}
_VOLATILE = {"gen_random_uuid", "uuid_generate_v4", "random", "clock_timestamp", "nextval"}
_SERIAL = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}
_PROTECTION = "removes a protection"
_SIMPLE = {
    "AT_ValidateConstraint": Effect("VALIDATE CONSTRAINT", lock=POLITE),
    "AT_SetStatistics": Effect("SET STATISTICS", lock=POLITE),
    "AT_AlterConstraint": Effect("ALTER CONSTRAINT", lock=WRITES),
    "AT_DropConstraint": Effect(
        "DROP CONSTRAINT", lock=EXCLUSIVE, note="its rule no longer guards the rows"
    ),
    "AT_DisableRowSecurity": Effect(
        "DISABLE ROW LEVEL SECURITY", lock=EXCLUSIVE, destroys=True, note=_PROTECTION
    ),
    "AT_NoForceRowSecurity": Effect(
        "NO FORCE ROW LEVEL SECURITY", lock=EXCLUSIVE, destroys=True, note=_PROTECTION
    ),
    "AT_EnableRowSecurity": Effect("ENABLE ROW LEVEL SECURITY", lock=EXCLUSIVE),
    "AT_AttachPartition": Effect("ATTACH PARTITION", lock=POLITE),
    "AT_DetachPartition": Effect("DETACH PARTITION", lock=EXCLUSIVE),
    "AT_SetLogged": Effect("SET LOGGED", lock=EXCLUSIVE, rewrites=True),
    "AT_SetUnLogged": Effect(
        "SET UNLOGGED", lock=EXCLUSIVE, rewrites=True, note="a crash empties the table"
    ),
    "AT_SetTableSpace": Effect("SET TABLESPACE", lock=EXCLUSIVE, rewrites=True),
    "AT_SetAccessMethod": Effect("SET ACCESS METHOD", lock=EXCLUSIVE, rewrites=True),
    "AT_SetExpression": Effect("SET EXPRESSION", lock=EXCLUSIVE, rewrites=True),
}


def alter_table(node: Node) -> Iterator[Event]:
    """The events of an ALTER TABLE (or TYPE, VIEW, INDEX), action by action."""
    table = names.relation(node.relation)
    if word(node, "objtype") == "OBJECT_TYPE":
        table = replace(table, kind="type")
    for action in map(bare, node.cmds):
        yield from (_on_table(event, table) for event in _action(table, action))


def _on_table(event: Event, table: Thing) -> Event:
    if isinstance(event, Effect) and not event.things:
        return replace(event, things=(table,), object=names.text(table))
    return event


def _action(table: Thing, node: Node) -> Iterator[Event]:
    what = word(node, "subtype")
    if what == "AT_AddColumn":
        yield from _add_column(table, node)
    elif what == "AT_DropColumn":
        yield _on_column("DROP COLUMN", table, node.name, destroys=True)
    elif what == "AT_AlterColumnType":
        yield _retyped(table, node)
    elif what == "AT_SetNotNull":
        yield _not_null(table, node.name)
    elif what == "AT_AddConstraint":
        yield _constraint(table, bare(getattr(node, "def")))
    elif "Trig" in what:
        note = "its rules are not enforced" if "Disable" in what else ""
        yield Effect("ALTER TRIGGER", lock=WRITES, note=note)
    else:
        yield _SIMPLE.get(what, Effect("ALTER TABLE", lock=EXCLUSIVE))


def _on_column(
    action: str, table: Thing, column: str, *, destroys: bool = False, guarded: bool = False,
    rewrites: bool | None = False, note: str = "", new_type: str = "",
) -> Effect:  # fmt: skip
    thing = _column(table, column)
    return Effect(
        action,
        names.text(replace(thing, kind="column")),
        EXCLUSIVE,
        rewrites,
        destroys,
        note,
        guarded=guarded,
        things=(thing,),
        new_type=new_type,
    )


def _column(table: Thing, column: str) -> Thing:
    # An attribute of a composite type is a column of the relation behind the type.
    return Thing("column", table.schema, table.name, column)


def _add_column(table: Thing, node: Node) -> Iterator[Event]:
    column = bare(getattr(node, "def"))
    kinds = {word(found, "contype") for found in map(bare, column.constraints)}
    serial = strings(column.type_name.names)[-1] in _SERIAL
    whole = serial or bool(kinds & {"CONSTR_IDENTITY", "CONSTR_GENERATED"})
    rewrites: bool | None = True if whole else _default_rewrites(column)
    checks = kinds & {"CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_UNIQUE", "CONSTR_PRIMARY"}
    notes = ["checks every row"] if checks else []
    if "CONSTR_NOTNULL" in kinds and "CONSTR_DEFAULT" not in kinds and not whole:
        notes.append("fails if the table has a row")
    yield _on_column("ADD COLUMN", table, column.colname, rewrites=rewrites, note="; ".join(notes))
    yield Made(_column(table, column.colname), not node.missing_ok)


def _default_rewrites(column: Node) -> bool | None:
    for constraint in map(bare, column.constraints):
        if word(constraint, "contype") == "CONSTR_DEFAULT":
            calls = {
                strings(found.funcname)[-1]
                for found in walk(constraint)
                if kind(found) == "FuncCall"
            }
            unknown = calls - _STABLE
            return bool(unknown) and (True if unknown & _VOLATILE else None)
    return False


def _retyped(table: Thing, node: Node) -> Effect:
    """Without the old type at hand every new one but text may be narrower."""
    column = bare(getattr(node, "def"))
    new = names.type_name(column.type_name)
    plain = not column.HasField("raw_default") or _is_cast(column.raw_default, node.name)
    wide = plain and new in {"text", "pg_catalog.varchar"}
    note = "" if wide else "a narrower type loses data"
    if not plain:
        new, note = "", "its USING computes the new values: read it"
    return _on_column(
        "ALTER COLUMN TYPE", table, node.name, rewrites=None, destroys=not wide, note=note,
        new_type=new,
    )  # fmt: skip


def _is_cast(expression: Node, column: str) -> bool:
    """Whether it is the column itself, or the column cast to a type."""
    node = bare(expression)
    while kind(node) == "TypeCast":
        node = bare(node.arg)
    return kind(node) == "ColumnRef" and strings(node.fields)[-1:] == (column,)


def _not_null(table: Thing, column: str) -> Effect:
    note = "checks every row, and fails where one has no value"
    return _on_column("SET NOT NULL", table, column, guarded=True, note=note)


def _constraint(table: Thing, node: Node) -> Effect:
    what = word(node, "contype")
    unchecked = node.skip_validation or bool(node.indexname)
    if what == "CONSTR_NOTNULL" and not unchecked:
        return _not_null(table, strings(node.keys)[0])
    if what == "CONSTR_FOREIGN":
        note = "" if unchecked else "on both tables, while it checks every row"
        return Effect("ADD FOREIGN KEY", lock=WRITES, note=note)
    note = "" if unchecked else "while it checks every row"
    return Effect("ADD CONSTRAINT", lock=EXCLUSIVE, note=note)
