"""Which new types keep every value of the old one, and which rewrite the table."""

import pytest

from stackwright.sql.narrowing import keeps, rewrites


@pytest.mark.parametrize(
    ("old", "new", "kept", "rewritten"),
    [
        ("integer", "pg_catalog.int4", True, False),
        ("integer", "pg_catalog.int8", True, True),
        ("bigint", "pg_catalog.int4", False, True),
        ("character varying(10)", "text", True, False),
        ("character varying(10)", "pg_catalog.varchar", True, False),
        ("character varying(10)", "pg_catalog.varchar(20)", True, False),
        ("character varying(10)", "pg_catalog.varchar(5)", False, True),
        ("text", "pg_catalog.varchar(500)", False, True),
        ("numeric(10,2)", "pg_catalog.numeric(12,2)", True, False),
        ("numeric(10,2)", "pg_catalog.numeric(12,4)", True, True),
        ("numeric(10,2)", "pg_catalog.numeric(10,3)", False, True),
        ("numeric(10,2)", "pg_catalog.numeric", True, False),
        ("numeric", "pg_catalog.numeric(10,2)", False, True),
        ("integer", "pg_catalog.numeric(10)", True, True),
        ("integer", "pg_catalog.numeric(5,2)", False, True),
        ("bigint", "pg_catalog.float8", False, True),
        ("integer", "pg_catalog.float8", True, True),
        ("double precision", "pg_catalog.float4", False, True),
        ("timestamp without time zone", "pg_catalog.timestamptz", True, True),
        ("timestamp with time zone", "pg_catalog.timestamp", False, True),
        ("timestamp with time zone", "date", False, True),
        ("text[]", "text", False, True),
        ("integer[]", "pg_catalog.int8[]", True, True),
        ("json", "jsonb", False, True),
        ("uuid", "text", True, True),
        ("public.mood", "text", False, True),
        ("text", "public.mood", False, True),
        ("no type (", "text", False, True),
    ],
)
def test_a_change_of_type(old: str, new: str, kept: bool, rewritten: bool) -> None:
    assert (keeps(old, new), rewrites(old, new)) == (kept, rewritten)
