"""What each statement of a migration locks, rewrites and destroys.

Statements are read by PostgreSQL's own parser (`parser.py`), into DO blocks and the bodies of
functions as well; where there is no parser, or it does not take a statement, by their words.
Honest limits: functions that a statement calls and that these files do not make are not looked
into, nor triggers that it fires, and SQL that is built at run time is judged by its visible parts.

What the same files make is nobody's yet: losing it is no loss. What was renamed is still the old
thing. A definition that the same file makes again (a policy, a trigger, a view) is replaced.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from stackwright.sql import parser, word_effects
from stackwright.sql.code_effects import of_code
from stackwright.sql.effect_rules import Effect, Event, Made, PathChanged, Renamed, Thing
from stackwright.sql.migration import Migration
from stackwright.sql.parser import Unparsable, kind, parse
from stackwright.sql.statements import Statement
from stackwright.sql.tree_effects import of_tree

UNREAD = "judged by its words, not parsed"

# Statements that change nothing unless one of these words is in them need no parser: a data
# file of megabytes is one INSERT.
_HARMLESS = {"INSERT", "VALUES", "COMMENT", "GRANT", "REVOKE", "NOTIFY", "ANALYZE"}
_HARMFUL = ("delete", "update", "merge")


def effects(migrations: Iterable[Migration], *, parsed: bool = parser.AVAILABLE) -> list[Effect]:
    """The effects of all statements in order; those on objects made by these files are left out.

    `parsed`: whether to use the parser.
    """
    reader = _Reader(parsed)
    for migration in migrations:
        reader.read(migration)
    return reader.found


def events(statement: Statement, *, parsed: bool = parser.AVAILABLE) -> list[Event]:
    """What one statement locks, loses, makes and renames."""
    if parsed:
        with suppress(Unparsable, RecursionError):
            return list(_parsed_events(statement))
    return list(map(_unread, word_effects.of_statement(statement)))


class _Reader:
    """Reads files in order and keeps what they made and renamed so far."""

    def __init__(self, parsed: bool) -> None:
        self.found: list[Effect] = []
        self._parsed = parsed
        self._made: set[Thing] = set()
        self._former: dict[Thing, Thing] = {}
        self._paths = 0
        self._path = "public"
        self._blind = False

    def read(self, migration: Migration) -> None:
        begun = len(self.found)
        self._path = "public"
        for statement in migration.body:
            for event in events(statement, parsed=self._parsed):
                self._take(event, migration, statement, begun)

    def _take(self, event: Event, migration: Migration, statement: Statement, begun: int) -> None:
        if isinstance(event, PathChanged):
            self._paths += 1
            self._path = f"?{self._paths}"
        elif isinstance(event, Renamed):
            self._rename(self._placed(event.old), self._placed(event.new))
        elif isinstance(event, Made):
            self._make(self._placed(event.thing), event.surely, begun)
        else:
            self._note(replace(event, file=migration.file, line=event.line or statement.line))

    def _make(self, thing: Thing, surely: bool, begun: int) -> None:
        self._soften(thing, begun)
        if surely:
            self._made.add(thing)

    def _rename(self, old: Thing, new: Thing) -> None:
        if old in self._made:
            self._made.discard(old)
            self._made.add(new)
        else:
            self._former[new] = self._former.get(old, old)

    def _note(self, effect: Effect) -> None:
        things = [self._placed(thing) for thing in effect.things]
        if things and all(map(self._is_made, things)):
            if effect.action.startswith("DROP") and effect.action != "DROP COLUMN":
                self._made -= set(things)
            return
        if effect.columns and self._fills_only_new(things, effect.columns):
            effect = replace(effect, destroys=False, note="fills only columns made here")
        # After SQL that nobody can see, a name may be that of anything.
        all_names = () if self._blind else (*things, *self._formers(things))
        self._blind = self._blind or (effect.action == "EXECUTE" and not effect.things)
        self.found.append(replace(effect, things=all_names))

    def _fills_only_new(self, tables: Sequence[Thing], columns: Sequence[str]) -> bool:
        made = (replace(t, kind="column", part=c) for t in tables for c in columns)
        return all(thing in self._made for thing in made)

    def _is_made(self, thing: Thing) -> bool:
        table = replace(thing, kind="relation", part="")
        schema = Thing("schema", "", thing.schema)
        return bool({thing, table, schema} & self._made)

    def _formers(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """The names that things had before these files renamed them, or what they are part of."""
        for thing in things:
            if old := self._former.get(thing):
                yield old
            table = replace(thing, kind="relation", part="")
            if thing.part and (old := self._former.get(table)):
                yield replace(thing, schema=old.schema, name=old.name)
            if old := self._former.get(Thing("schema", "", thing.schema)):
                yield replace(thing, schema=old.name)

    def _placed(self, thing: Thing) -> Thing:
        if thing.schema or thing.kind in {"schema", "extension", "role"}:
            return thing
        return replace(thing, schema=self._path)

    def _soften(self, made: Thing, begun: int) -> None:
        """A definition that its own file dropped before is replaced, not lost."""
        for at in range(begun, len(self.found)):
            effect = self.found[at]
            definition = effect.action in _REPLACEABLE and "CASCADE" not in effect.note
            if definition and any(_same(made, thing) for thing in effect.things):
                softer = replace(effect, destroys=False, note="replaced in the same file")
                self.found[at] = softer


def _unread(event: Event) -> Event:
    if not isinstance(event, Effect):
        return event
    return replace(event, note="; ".join(filter(None, [event.note, UNREAD])))


_REPLACEABLE = {
    "DROP POLICY", "DROP TRIGGER", "DROP RULE", "DROP VIEW", "DROP MATERIALIZED VIEW",
    "DROP FUNCTION", "DROP PROCEDURE", "DROP ROUTINE", "DROP AGGREGATE",
}  # fmt: skip


def _same(made: Thing, dropped: Thing) -> bool:
    """A function that was dropped without its arguments is the only one of its name."""
    if dropped.kind == "function" and not dropped.part:
        return (made.kind, made.schema, made.name) == ("function", dropped.schema, dropped.name)
    return made == dropped


def _parsed_events(statement: Statement) -> Iterator[Event]:
    if statement.words[:1] and statement.words[0] in _HARMLESS and _is_harmless(statement.bare):
        return
    for node in parse(statement.bare):
        yield from of_tree(node)
        if kind(node) in {"DoStmt", "CreateFunctionStmt"}:
            yield from of_code(node, statement, of_tree)


def _is_harmless(text: str) -> bool:
    lower = text.lower()
    return "set_config" not in lower and not any(word in lower for word in _HARMFUL)
