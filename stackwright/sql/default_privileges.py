"""What new objects of the connection's own role are open to: read, set aside, put back.

Supabase lets `anon` and `authenticated` do everything with a new table. `pg_dump` writes grants
as differences to PostgreSQL's own defaults, so a table that is restored while such a rule holds
would be open to roles that were never granted anything. It is set aside for the length of the
restore. Per-schema rules are in the dump itself; those for the whole database are in none.
PostgreSQL: documentation of ALTER DEFAULT PRIVILEGES.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from stackwright.sql.database import Connection, Row

_QUERY = """
SELECT n.nspname AS schema, d.defaclobjtype::text AS kind, CASE a.grantee WHEN 0 THEN NULL
    ELSE pg_catalog.pg_get_userbyid(a.grantee) END AS grantee, a.grantee IS NOT NULL AS given,
    a.privilege_type AS privilege, a.is_grantable AS grantable
FROM pg_catalog.pg_default_acl d
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
LEFT JOIN LATERAL aclexplode(d.defaclacl) a ON a.grantee <> d.defaclrole
WHERE d.defaclrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
ORDER BY 1, 2, 3, 5"""
_KINDS = {"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS"}
# What PostgreSQL itself gives to everybody, and what it is called.
_PUBLIC = {"f": "EXECUTE", "T": "USAGE"}


@dataclass(frozen=True)
class Rule:
    """The rule for one kind of objects, in one schema or (none) in the whole database.

    `grants`: role (none: everybody), privilege, whether it may be passed on.
    """

    schema: str | None
    kind: str
    grants: Sequence[tuple[str | None, str, bool]]

    def set_aside(self) -> list[str]:
        """Statements after which new objects are as PostgreSQL itself makes them."""
        roles = dict.fromkeys(role for role, _, _ in self.grants)
        revoked = [self._say("REVOKE ALL ON {} FROM {}", role) for role in roles
                   if role is not None or not self._is_open_by_itself]  # fmt: skip
        back = [self._open()] if self._is_open_by_itself and None not in roles else []
        return [*revoked, *back]

    def put_back(self) -> list[str]:
        """Statements that make the rule again."""
        closed = [self._say("REVOKE ALL ON {} FROM {}", None)] if self._is_open_by_itself else []
        return closed + [
            self._say(f"GRANT {privilege} ON {{}} TO {{}}", role)
            + (" WITH GRANT OPTION" if grantable else "")
            for role, privilege, grantable in self.grants
        ]

    @property
    def _is_open_by_itself(self) -> bool:
        """A rule for the whole database replaces PostgreSQL's own; others come on top of it."""
        return self.schema is None and self.kind in _PUBLIC

    def _open(self) -> str:
        return self._say(f"GRANT {_PUBLIC[self.kind]} ON {{}} TO {{}}", None)

    def _say(self, pattern: str, role: str | None) -> str:
        who = sql.SQL("PUBLIC") if role is None else sql.Identifier(role)
        what = sql.SQL(pattern).format(sql.SQL(_KINDS[self.kind]), who).as_string(None)
        schema = sql.Identifier(self.schema).as_string(None) if self.schema is not None else ""
        place = f" IN SCHEMA {schema}" if schema else ""
        return f"ALTER DEFAULT PRIVILEGES{place} {what}"


async def read(connection: Connection, schemas: Sequence[str]) -> list[Rule]:
    """The rules of our own role for these schemas and for the whole database."""
    cursor = await connection.execute(_QUERY.encode())
    found: dict[tuple[str | None, str], list[Row]] = {}
    for row in await cursor.fetchall():
        found.setdefault((row["schema"], row["kind"]), []).append(row)
    return [
        Rule(schema, kind, [(r["grantee"], r["privilege"], r["grantable"]) for r in rows
                            if r["given"]])
        for (schema, kind), rows in found.items()
        if kind in _KINDS and (schema is None or schema in schemas)
    ]  # fmt: skip


def put_back(rules: Iterable[Rule], *, whole_database: bool = False) -> list[str]:
    """The statements of several rules; only those for the whole database if so asked."""
    chosen = (rule for rule in rules if not whole_database or rule.schema is None)
    return [statement for rule in chosen for statement in rule.put_back()]
