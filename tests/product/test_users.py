"""`sql/users.yaml` against the product's schema: the six fields, the counts, what a wipe leaves."""

import asyncio

import psycopg

from scenarios.users import wiped
from stackwright.configuration import Configuration
from stackwright.scenarios import Cannot, Stage, Wrong
from stackwright.sql.database import reading, writing
from stackwright.users import census, declaration, export
from stackwright.users.census import Census
from stackwright.users.export import Table
from tests.product.helpers import ROOT, sign_up

DECLARED = declaration.load(ROOT / "sql/users.yaml")


def exported(dsn: str) -> Table:
    async def once() -> Table:
        async with reading(dsn) as database:
            return await export.read(database, DECLARED.export)

    return asyncio.run(once())


def counted(dsn: str) -> Census:
    async def once() -> Census:
        async with reading(dsn) as database:
            return await census.take(database, DECLARED)

    return asyncio.run(once())


def cleaned(dsn: str) -> None:
    async def once() -> None:
        async with writing(dsn) as database:
            await census.delete_orphans(database, DECLARED)

    asyncio.run(once())


def test_the_six_fields_of_every_user_are_exported(dsn: str, database: psycopg.Connection) -> None:
    ann, bob = sign_up(database, "ann@example.com"), sign_up(database, "bob@example.com")
    database.execute("delete from profiles where id = %s", [bob])
    found = exported(dsn)
    assert found.columns == ("id", "email", "status", "plan", "plan_ends", "created")
    by_email = {row[1]: row for row in found.rows}
    assert by_email["ann@example.com"][0] == str(ann)
    assert by_email["ann@example.com"][2:4] == ("trial", "accelerator")
    assert by_email["ann@example.com"][4].endswith("+00:00")
    assert by_email["bob@example.com"][2:5] == ("", "", "")


def test_profiles_sessions_and_users_are_counted(dsn: str, database: psycopg.Connection) -> None:
    user = sign_up(database)
    database.execute(
        "insert into active_sessions (user_id, session_token) values (%s, 'a'), (%s, 'b')",
        [user, user],
    )
    found = counted(dsn)
    assert found.ids == {str(user)}
    assert census.said(found.counts) == "1 profiles, 2 sessions, 1 users"


def test_the_rows_of_users_who_are_there_stay(dsn: str, database: psycopg.Connection) -> None:
    user = sign_up(database)
    database.execute(
        "insert into active_sessions (user_id, session_token) values (%s, 'a')", [user]
    )
    cleaned(dsn)
    assert census.said(counted(dsn).counts) == "1 profiles, 1 sessions, 1 users"
    database.execute("delete from auth.users")
    cleaned(dsn)
    assert census.said(counted(dsn).counts) == "0 profiles, 0 sessions, 0 users"


WIPES = """
    create schema if not exists stackwright;
    create table stackwright.wipes (
      id bigint generated always as identity, started_at timestamptz, finished_at timestamptz,
      remaining jsonb);
"""


def v12(dsn: str) -> str:
    """How scenario V12 ends: empty when it passes."""

    async def played() -> None:
        await wiped(Stage([], Configuration({}), "a" * 20, dsn))

    try:
        asyncio.run(played())
    except (Cannot, Wrong) as reason:
        return f"{type(reason).__name__}: {reason}"
    return ""


def test_v12_tells_no_wipe_from_one_that_did_not_end_and_one_that_left_something(
    dsn: str, database: psycopg.Connection
) -> None:
    assert v12(dsn) == "Cannot: this rollout keeps its users: there was no wipe"
    database.execute(WIPES)
    database.execute("insert into stackwright.wipes (started_at) values (now())")
    assert "did not end" in v12(dsn)
    finished = "update stackwright.wipes set finished_at = now(), remaining = %s"
    database.execute(finished, ['{"profiles": 1, "users": 2}'])
    assert v12(dsn) == "Wrong: 3 rows were left by the wipe"
    database.execute(finished, ['{"profiles": 0, "users": 0}'])
    user = sign_up(database)
    database.execute("update auth.users set created_at = now() + interval '1 second'")
    assert v12(dsn) == ""
    older = "update auth.users set created_at = now() - interval '1 day' where id = %s"
    database.execute(older, [user])
    assert v12(dsn) == "Wrong: 1 users are older than the wipe"
