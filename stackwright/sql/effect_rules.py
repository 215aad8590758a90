"""The table of effects: which words of a statement lock what, and what they destroy.

Source: PostgreSQL's documentation, section 13.3 "Explicit Locking" and the page of each command.
"""

import re
from dataclasses import dataclass

EXCLUSIVE = "ACCESS EXCLUSIVE"
WRITES = "SHARE ROW EXCLUSIVE"
SHARE = "SHARE"
POLITE = "SHARE UPDATE EXCLUSIVE"
ROWS = "ROW EXCLUSIVE"
_BLOCKS = {
    EXCLUSIVE: "blocks reads and writes",
    WRITES: "blocks writes",
    SHARE: "blocks writes",
    POLITE: "blocks other schema changes",
    ROWS: "blocks nobody but the same rows",
}

Words = tuple[str, ...]


@dataclass(frozen=True)
class Thing:
    """An object as the catalogue knows it, so that a database can be asked whether it is there.

    `kind`: relation, column, policy, trigger, rule, function, type, schema, extension, role.
    `schema`: empty when it was left out, `?` and a number when a `SET search_path` decides.
    `part`: the column, policy, trigger or rule of the relation `name`.
    """

    kind: str
    schema: str
    name: str
    part: str = ""


@dataclass(frozen=True)
class Effect:
    """One effect of one statement.

    `rewrites`: whether the whole table is written anew (none: it depends); `destroys`: whether
    data, a definition or a protection is lost; `guarded`: nothing is lost, and a person must
    allow it all the same. `things`: what it is done to, under all names it may have had (none:
    not known); `columns`: those that an UPDATE sets; `new_type`: of an ALTER COLUMN TYPE;
    `rows`: about how many the table has, where it was asked.
    """

    action: str
    object: str = ""
    lock: str = ""
    rewrites: bool | None = False
    destroys: bool = False
    note: str = ""
    file: str = ""
    line: int = 0
    guarded: bool = False
    things: tuple[Thing, ...] = ()
    columns: tuple[str, ...] = ()
    new_type: str = ""
    rows: int | None = None

    @property
    def needs_approval(self) -> bool:
        """Whether a person must allow it."""
        return self.destroys or self.guarded

    @property
    def place(self) -> str:
        """`file:line ACTION object`."""
        return f"{self.file}:{self.line} {self.action} {self.object}".rstrip()

    def __str__(self) -> str:
        parts = [self.place]
        parts += ["DESTROYS"] if self.destroys else []
        parts += [f"{self.lock} lock, {_BLOCKS[self.lock]}"] if self.lock else []
        parts += {True: ["rewrites the table"], None: ["may rewrite the table"]}.get(
            self.rewrites, []
        )
        return "; ".join(parts + ([self.note] if self.note else []))


@dataclass(frozen=True)
class Made:
    """A statement that creates something; `surely` unless something may have been there."""

    thing: Thing
    surely: bool = True
    temporary: bool = False


@dataclass(frozen=True)
class Renamed:
    """A statement that gives something another name or schema."""

    old: Thing
    new: Thing


@dataclass(frozen=True)
class PathChanged:
    """From here on, names without a schema mean something else."""


Event = Effect | Made | Renamed | PathChanged


LOST = "its definition is lost"

# The first words of a statement; the object of an effect is "ON" where the table follows ON.
SIMPLE: list[tuple[Words, Effect]] = [
    (("CREATE", "TABLE"), Effect("CREATE TABLE")),
    (("CREATE", "UNLOGGED", "TABLE"), Effect("CREATE TABLE")),
    (("CREATE", "TEMP", "TABLE"), Effect("CREATE TABLE")),
    (("CREATE", "TEMPORARY", "TABLE"), Effect("CREATE TABLE")),
    (("CREATE", "INDEX", "CONCURRENTLY"), Effect("CREATE INDEX CONCURRENTLY", "ON", POLITE)),
    (("CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"),
     Effect("CREATE INDEX CONCURRENTLY", "ON", POLITE)),
    (("CREATE", "INDEX"), Effect("CREATE INDEX", "ON", SHARE, note="for as long as it builds")),
    (("CREATE", "UNIQUE", "INDEX"),
     Effect("CREATE INDEX", "ON", SHARE, note="for as long as it builds")),
    (("CREATE", "POLICY"), Effect("CREATE POLICY", "ON", EXCLUSIVE)),
    (("CREATE", "TRIGGER"), Effect("CREATE TRIGGER", "ON", WRITES)),
    (("CREATE", "RULE"), Effect("CREATE RULE", "ON", EXCLUSIVE)),
    (("DROP", "TABLE"), Effect("DROP TABLE", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "FOREIGN", "TABLE"), Effect("DROP FOREIGN TABLE", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "SCHEMA"), Effect("DROP SCHEMA", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "DATABASE"), Effect("DROP DATABASE", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "MATERIALIZED", "VIEW"),
     Effect("DROP MATERIALIZED VIEW", lock=EXCLUSIVE, destroys=True, note=LOST)),
    (("DROP", "VIEW"), Effect("DROP VIEW", lock=EXCLUSIVE, destroys=True, note=LOST)),
    (("DROP", "SEQUENCE"), Effect("DROP SEQUENCE", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "TYPE"), Effect("DROP TYPE", destroys=True)),
    (("DROP", "DOMAIN"), Effect("DROP DOMAIN", destroys=True)),
    (("DROP", "FUNCTION"), Effect("DROP FUNCTION", destroys=True, note=LOST)),
    (("DROP", "PROCEDURE"), Effect("DROP PROCEDURE", destroys=True, note=LOST)),
    (("DROP", "ROUTINE"), Effect("DROP ROUTINE", destroys=True, note=LOST)),
    (("DROP", "AGGREGATE"), Effect("DROP AGGREGATE", destroys=True, note=LOST)),
    (("DROP", "ROLE"), Effect("DROP ROLE", destroys=True)),
    (("DROP", "USER"), Effect("DROP ROLE", destroys=True)),
    (("DROP", "EXTENSION"), Effect("DROP EXTENSION", destroys=True)),
    (("DROP", "OWNED"), Effect("DROP OWNED", lock=EXCLUSIVE, destroys=True)),
    (("DROP", "INDEX", "CONCURRENTLY"), Effect("DROP INDEX CONCURRENTLY", lock=POLITE)),
    (("DROP", "INDEX"), Effect("DROP INDEX", lock=EXCLUSIVE)),
    (("DROP", "TRIGGER"), Effect("DROP TRIGGER", "ON", EXCLUSIVE, destroys=True, note=LOST)),
    (("DROP", "POLICY"),
     Effect("DROP POLICY", "ON", EXCLUSIVE, destroys=True, note="removes a protection")),
    (("DROP", "RULE"), Effect("DROP RULE", "ON", EXCLUSIVE, destroys=True, note=LOST)),
    (("TRUNCATE",), Effect("TRUNCATE", lock=EXCLUSIVE, destroys=True)),
    (("VACUUM", "FULL"), Effect("VACUUM FULL", lock=EXCLUSIVE, rewrites=True)),
    (("CLUSTER",), Effect("CLUSTER", lock=EXCLUSIVE, rewrites=True)),
    (("REFRESH", "MATERIALIZED", "VIEW", "CONCURRENTLY"),
     Effect("REFRESH MATERIALIZED VIEW CONCURRENTLY", lock=POLITE)),
    (("REFRESH", "MATERIALIZED", "VIEW"), Effect("REFRESH MATERIALIZED VIEW", lock=EXCLUSIVE)),
    (("REINDEX",), Effect("REINDEX", lock=SHARE)),
    (("LOCK",), Effect("LOCK", lock=EXCLUSIVE, note="or the lock that it names")),
]  # fmt: skip

OTHER_ACTION = Effect("ALTER TABLE", lock=EXCLUSIVE)
_ACTIONS: list[tuple[str, Effect]] = [
    (r"ADD CONSTRAINT .*\bFOREIGN KEY\b.*\bNOT VALID", Effect("ADD FOREIGN KEY", lock=WRITES)),
    (r"ADD (CONSTRAINT .*)?\bFOREIGN KEY\b",
     Effect("ADD FOREIGN KEY", lock=WRITES, note="on both tables, while it checks every row")),
    (r"ADD CONSTRAINT .*\bUSING INDEX\b", Effect("ADD CONSTRAINT", lock=EXCLUSIVE)),
    (r"ADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY|EXCLUDE)\b.*\bNOT VALID",
     Effect("ADD CONSTRAINT", lock=EXCLUSIVE)),
    (r"ADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY|EXCLUDE)\b",
     Effect("ADD CONSTRAINT", lock=EXCLUSIVE, note="while it checks every row")),
    (r"ADD .*\b(SERIAL|BIGSERIAL|SMALLSERIAL|STORED|IDENTITY)\b",
     Effect("ADD COLUMN", lock=EXCLUSIVE, rewrites=True)),
    (r"ADD .*\bDEFAULT\b.*\(", Effect("ADD COLUMN", lock=EXCLUSIVE, rewrites=None)),
    (r"ADD\b", Effect("ADD COLUMN", lock=EXCLUSIVE)),
    (r"DROP CONSTRAINT\b",
     Effect("DROP CONSTRAINT", lock=EXCLUSIVE, note="its rule no longer guards the rows")),
    (r"DROP\b", Effect("DROP COLUMN", lock=EXCLUSIVE, destroys=True)),
    (r"ALTER .*\bTYPE\b",
     Effect("ALTER COLUMN TYPE", lock=EXCLUSIVE, rewrites=None, destroys=True,
            note="a narrower type loses data")),
    (r"ALTER .*\bSET NOT NULL", Effect("SET NOT NULL", lock=EXCLUSIVE, guarded=True,
                                    note="checks every row, and fails where one has no value")),
    (r"ALTER CONSTRAINT\b", Effect("ALTER CONSTRAINT", lock=WRITES)),
    (r"ALTER .*\bSET STATISTICS\b", Effect("SET STATISTICS", lock=POLITE)),
    (r"VALIDATE CONSTRAINT\b", Effect("VALIDATE CONSTRAINT", lock=POLITE)),
    (r"DISABLE ROW LEVEL", Effect("DISABLE ROW LEVEL SECURITY", lock=EXCLUSIVE, destroys=True,
                                  note="removes a protection")),
    (r"NO FORCE ROW LEVEL", Effect("NO FORCE ROW LEVEL SECURITY", lock=EXCLUSIVE, destroys=True,
                                   note="removes a protection")),
    (r"(ENABLE|DISABLE) (ALWAYS |REPLICA )?TRIGGER\b", Effect("ALTER TRIGGER", lock=WRITES)),
    (r"RENAME\b", Effect("RENAME", lock=EXCLUSIVE, note="code that uses the old name fails")),
    (r"SET SCHEMA\b", Effect("SET SCHEMA", lock=EXCLUSIVE, note="the old name fails")),
    (r"SET (LOGGED|UNLOGGED|TABLESPACE|ACCESS)\b",
     Effect("ALTER TABLE", lock=EXCLUSIVE, rewrites=True)),
    (r"ATTACH PARTITION\b", Effect("ATTACH PARTITION", lock=POLITE)),
    (r"DETACH PARTITION .*\bCONCURRENTLY\b", Effect("DETACH PARTITION", lock=POLITE)),
]  # fmt: skip
ACTIONS = [(re.compile(pattern, re.DOTALL), effect) for pattern, effect in _ACTIONS]
