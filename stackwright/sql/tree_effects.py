"""What one parsed statement locks, makes and destroys.

Source: PostgreSQL's documentation, section 13.3 "Explicit Locking" and the page of each command.
UPDATE, DELETE and MERGE are found wherever they stand: in WITH, EXPLAIN ANALYZE, PREPARE, COPY.
"""

from collections.abc import Callable, Iterator

from stackwright.sql import names
from stackwright.sql.alter_effects import alter_table
from stackwright.sql.effect_rules import (
    EXCLUSIVE,
    POLITE,
    ROWS,
    SHARE,
    WRITES,
    Effect,
    Event,
    Made,
    PathChanged,
    Renamed,
    Thing,
)
from stackwright.sql.parser import Node, bare, kind, option, strings, walk, word

_RELATIONS = {"TABLE", "VIEW", "MATVIEW", "SEQUENCE", "INDEX", "FOREIGN_TABLE"}
_PARTS = {"POLICY", "TRIGGER", "RULE"}
_CODE = {"FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"}
_TYPES = {"TYPE", "DOMAIN"}
_LABELS = {"MATVIEW": "MATERIALIZED VIEW"}
_DEFINITIONS = {"VIEW", "MATVIEW", "TRIGGER", "RULE"} | _CODE


def of_tree(node: Node) -> Iterator[Event]:
    """The events of one statement, without the code inside of DO and functions."""
    if rule := _RULES.get(kind(node)):
        yield from rule(node)
    if kind(node) == "CreateFunctionStmt":
        return  # its body does not run now
    for found in walk(node):
        if change := _CHANGES.get(kind(found)):
            yield from change(found)
        elif _sets_path(found):
            yield PathChanged()


def _sets_path(node: Node) -> bool:
    if kind(node) == "VariableSetStmt":
        return node.name == "search_path" or word(node, "kind") == "VAR_RESET_ALL"
    return kind(node) == "FuncCall" and strings(node.funcname)[-1:] == ("set_config",)


# -- rows ------------------------------------------------------------------------------------------


def _delete(node: Node) -> Iterator[Effect]:
    note = _all_rows(node)
    yield _rows("DELETE", node, destroys=bool(note), note=note)


def _update(node: Node) -> Iterator[Effect]:
    note = _all_rows(node)
    columns = tuple(bare(target).name for target in node.target_list)
    yield _rows("UPDATE", node, destroys=bool(note), note=note, columns=columns)


def _merge(node: Node) -> Iterator[Effect]:
    """A clause for the rows that the source lacks, without a condition, takes all of them."""
    blunt = {
        word(when, "command_type")
        for when in map(bare, node.merge_when_clauses)
        if word(when, "match_kind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"
        and not when.HasField("condition")
    }
    destroys = bool(blunt & {"CMD_DELETE", "CMD_UPDATE"})
    note = "every row that the source lacks" if destroys else ""
    yield _rows("MERGE", node, destroys=destroys, note=note)


def _rows(
    action: str, node: Node, *, destroys: bool, note: str, columns: tuple[str, ...] = ()
) -> Effect:
    table = names.relation(node.relation)
    return Effect(
        action,
        names.text(table),
        ROWS,
        destroys=destroys,
        note=note,
        things=(table,),
        columns=columns,
    )


def _all_rows(node: Node) -> str:
    """Why the statement touches every row; empty when its condition looks at the row."""
    if not node.HasField("where_clause"):
        return "without WHERE: every row"
    looks = {"ColumnRef", "CurrentOfExpr"}
    if any(kind(found) in looks for found in walk(node.where_clause)):
        return ""
    return "its WHERE looks at no column: every row or none"


# -- DROP ------------------------------------------------------------------------------------------


def _drop(node: Node) -> Iterator[Event]:
    what = word(node, "remove_type").removeprefix("OBJECT_")
    cascade = word(node, "behavior") == "DROP_CASCADE"
    for item in node.objects:
        thing = names.dropped(_kind_of(what), item)
        yield Effect(
            _drop_action(what, node),
            names.text(thing),
            _drop_lock(what, node),
            destroys=what != "INDEX",
            note=_drop_note(what, cascade),
            things=(thing,),
        )


def _kind_of(what: str) -> str:
    if what in _RELATIONS:
        return "relation"
    if what in _CODE:
        return "function"
    return "type" if what in _TYPES else what.lower()


def _drop_action(what: str, node: Node) -> str:
    label = _LABELS.get(what, what.replace("_", " "))
    return f"DROP {label}" + (" CONCURRENTLY" if node.concurrent else "")


def _drop_lock(what: str, node: Node) -> str:
    if node.concurrent:
        return POLITE
    return EXCLUSIVE if what in _RELATIONS | _PARTS | {"SCHEMA"} else ""


def _drop_note(what: str, cascade: bool) -> str:
    notes = ["with CASCADE: also what depends on it"] if cascade else []
    if what == "POLICY":
        notes.append("removes a protection")
    elif what in _DEFINITIONS:
        notes.append("its definition is lost")
    return "; ".join(notes)


def _lost(action: str, lock: str = "") -> Callable[[Node], Iterator[Event]]:
    """A rule for a command that loses something and names it in no common way."""

    def rule(node: Node) -> Iterator[Event]:
        fields = [field for field in _NAME_FIELDS if field in node.DESCRIPTOR.fields_by_name]
        name = next((getattr(node, field) for field in fields), "")
        yield Effect(action, names.quoted(name), lock, destroys=True)

    return rule


_NAME_FIELDS = ("dbname", "subname", "tablespacename", "servername")


def _drop_role(node: Node) -> Iterator[Event]:
    for role in map(bare, node.roles):
        yield Effect(
            "DROP ROLE",
            names.quoted(role.rolename),
            destroys=True,
            things=(Thing("role", "", role.rolename),),
        )


def _truncate(node: Node) -> Iterator[Event]:
    cascade = word(node, "behavior") == "DROP_CASCADE"
    note = "with CASCADE: also the tables that refer to it" if cascade else ""
    for table in (names.relation(bare(item)) for item in node.relations):
        yield Effect(
            "TRUNCATE", names.text(table), EXCLUSIVE, destroys=True, note=note, things=(table,)
        )


# -- what is made and renamed ----------------------------------------------------------------------


def _made_table(node: Node) -> Iterator[Event]:
    temporary = node.relation.relpersistence == "t"
    yield Made(names.relation(node.relation), temporary or not node.if_not_exists, temporary)


def _made_foreign_table(node: Node) -> Iterator[Event]:
    yield from _made_table(node.base_stmt)


def _made_from_query(node: Node) -> Iterator[Event]:
    temporary = node.into.rel.relpersistence == "t"
    yield Made(names.relation(node.into.rel), not node.if_not_exists, temporary)


def _select(node: Node) -> Iterator[Event]:
    if node.HasField("into_clause"):
        yield Made(names.relation(node.into_clause.rel))


def _made_view(node: Node) -> Iterator[Event]:
    yield Made(names.relation(node.view), not node.replace)


def _made_sequence(node: Node) -> Iterator[Event]:
    yield Made(names.relation(node.sequence), not node.if_not_exists)


def _made_schema(node: Node) -> Iterator[Event]:
    yield Made(Thing("schema", "", node.schemaname), not node.if_not_exists)
    for element in map(bare, node.schema_elts):
        yield from of_tree(element)


def _made_function(node: Node) -> Iterator[Event]:
    given = [bare(item) for item in node.parameters]
    inputs = [item.arg_type for item in given if word(item, "mode") in _INPUTS]
    thing = names.thing("function", strings(node.funcname), names.types(inputs))
    yield Made(thing, not node.replace)


_INPUTS = {"FUNC_PARAM_IN", "FUNC_PARAM_INOUT", "FUNC_PARAM_VARIADIC", "FUNC_PARAM_DEFAULT"}


def _made_type(node: Node) -> Iterator[Event]:
    if kind(node) == "CompositeTypeStmt":
        yield Made(names.relation(node.typevar, kind="type"))
    else:
        field = "domainname" if kind(node) == "CreateDomainStmt" else "type_name"
        yield Made(names.thing("type", strings(getattr(node, field))))


def _index(node: Node) -> Iterator[Event]:
    table = names.relation(node.relation)
    action, lock = "CREATE INDEX", SHARE
    if node.concurrent:
        action, lock = "CREATE INDEX CONCURRENTLY", POLITE
    note = "" if node.concurrent else "for as long as it builds"
    yield Effect(action, names.text(table), lock, note=note, things=(table,))


def _part(action: str, of: str, name: str, lock: str) -> Callable[[Node], Iterator[Event]]:
    def rule(node: Node) -> Iterator[Event]:
        table = node.table if "table" in node.DESCRIPTOR.fields_by_name else node.relation
        target = names.relation(table)
        yield Effect(action, names.text(target), lock, things=(target,))
        replaces = "replace" in node.DESCRIPTOR.fields_by_name and node.replace
        yield Made(names.relation(table, getattr(node, name), of), not replaces)

    return rule


def _alter_policy(node: Node) -> Iterator[Event]:
    policy = names.relation(node.table, node.policy_name, "policy")
    note = "changes a protection: read its conditions"
    yield Effect("ALTER POLICY", names.text(policy), EXCLUSIVE, note=note, things=(policy,))


def _rename(node: Node) -> Iterator[Event]:
    what = word(node, "rename_type").removeprefix("OBJECT_")
    if what == "SCHEMA":
        yield Renamed(Thing("schema", "", node.subname), Thing("schema", "", node.newname))
    if what not in _RELATIONS | {"COLUMN"}:
        return
    table = names.relation(node.relation)
    if what == "COLUMN":
        old = names.relation(node.relation, node.subname, "column")
        new = names.relation(node.relation, node.newname, "column")
    else:
        old, new = table, Thing("relation", table.schema, node.newname)
    note = "code that uses the old name fails"
    yield Effect("RENAME", names.text(old), EXCLUSIVE, note=note, things=(old,))
    yield Renamed(old, new)


def _moved(node: Node) -> Iterator[Event]:
    if node.HasField("relation"):
        old = names.relation(node.relation)
        note = "the old name fails"
        yield Effect("SET SCHEMA", names.text(old), EXCLUSIVE, note=note, things=(old,))
        yield Renamed(old, Thing("relation", node.newschema, old.name))


# -- upkeep ----------------------------------------------------------------------------------------


def _vacuum(node: Node) -> Iterator[Event]:
    if option(node.options, "full") is not None or _has(node.options, "full"):
        for item in node.rels:
            table = names.relation(bare(item).relation)
            yield Effect("VACUUM FULL", names.text(table), EXCLUSIVE, True, things=(table,))


def _has(options: Node, name: str) -> bool:
    return any(bare(item).defname == name for item in options)


def _whole(action: str, lock: str, rewrites: bool = False) -> Callable[[Node], Iterator[Event]]:
    def rule(node: Node) -> Iterator[Event]:
        table = names.relation(node.relation)
        polite = "concurrent" in node.DESCRIPTOR.fields_by_name and node.concurrent
        label, taken = (f"{action} CONCURRENTLY", POLITE) if polite else (action, lock)
        yield Effect(label, names.text(table), taken, rewrites, things=(table,))

    return rule


def _reindex(node: Node) -> Iterator[Event]:
    lock = POLITE if _has(node.params, "concurrently") else SHARE
    yield Effect("REINDEX", names.text(names.relation(node.relation)) or node.name, lock)


def _lock(node: Node) -> Iterator[Event]:
    for table in (names.relation(bare(item)) for item in node.relations):
        note = "or the lock that it names"
        yield Effect("LOCK", names.text(table), EXCLUSIVE, note=note, things=(table,))


def _call(node: Node) -> Iterator[Event]:
    name = names.quoted(*strings(node.funccall.funcname))
    yield Effect("CALL", name, note="what a procedure does is not looked into")


def _alter_role(node: Node) -> Iterator[Event]:
    if (given := option(node.options, "bypassrls")) is not None and given.boolval:
        note = "its sessions see every row, whatever the policies say"
        yield Effect("ALTER ROLE BYPASSRLS", node.role.rolename, destroys=True, note=note)


_CHANGES: dict[str, Callable[[Node], Iterator[Effect]]] = {
    "DeleteStmt": _delete,
    "UpdateStmt": _update,
    "MergeStmt": _merge,
}
_RULES: dict[str, Callable[[Node], Iterator[Event]]] = {
    "AlterObjectSchemaStmt": _moved,
    "AlterPolicyStmt": _alter_policy,
    "AlterRoleStmt": _alter_role,
    "AlterTableStmt": alter_table,
    "CallStmt": _call,
    "ClusterStmt": _whole("CLUSTER", EXCLUSIVE, True),
    "CompositeTypeStmt": _made_type,
    "CreateDomainStmt": _made_type,
    "CreateEnumStmt": _made_type,
    "CreateForeignTableStmt": _made_foreign_table,
    "CreateFunctionStmt": _made_function,
    "CreatePolicyStmt": _part("CREATE POLICY", "policy", "policy_name", EXCLUSIVE),
    "CreateRangeStmt": _made_type,
    "CreateSchemaStmt": _made_schema,
    "CreateSeqStmt": _made_sequence,
    "CreateStmt": _made_table,
    "CreateTableAsStmt": _made_from_query,
    "CreateTrigStmt": _part("CREATE TRIGGER", "trigger", "trigname", WRITES),
    "DropOwnedStmt": _lost("DROP OWNED", EXCLUSIVE),
    "DropRoleStmt": _drop_role,
    "DropStmt": _drop,
    "DropSubscriptionStmt": _lost("DROP SUBSCRIPTION"),
    "DropTableSpaceStmt": _lost("DROP TABLESPACE"),
    "DropUserMappingStmt": _lost("DROP USER MAPPING"),
    "DropdbStmt": _lost("DROP DATABASE", EXCLUSIVE),
    "IndexStmt": _index,
    "LockStmt": _lock,
    "RefreshMatViewStmt": _whole("REFRESH MATERIALIZED VIEW", EXCLUSIVE),
    "ReindexStmt": _reindex,
    "RenameStmt": _rename,
    "RuleStmt": _part("CREATE RULE", "rule", "rulename", EXCLUSIVE),
    "SelectStmt": _select,
    "TruncateStmt": _truncate,
    "VacuumStmt": _vacuum,
    "ViewStmt": _made_view,
}
