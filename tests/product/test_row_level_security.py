"""What callers of the data API can see and do: their own rows, and the reference data to read."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.product.helpers import load_reference_data, sign_up, signed_in

TABLES = ["profiles", "active_sessions", "enhanced_lerg"]


def test_a_user_sees_and_changes_the_own_profile_only(database: psycopg.Connection) -> None:
    me, other = sign_up(database, "me@example.com"), sign_up(database, "other@example.com")
    with signed_in(database, me):
        assert database.execute("select id from public.profiles").fetchall() == [(me,)]
        update = "update public.profiles set total_uploads = total_uploads + 1 returning id"
        assert database.execute(update).fetchall() == [(me,)]
    with signed_in(database, me), pytest.raises(InsufficientPrivilege):
        database.execute("update public.profiles set id = %s", (other,))


def test_a_user_neither_makes_nor_deletes_profiles(database: psycopg.Connection) -> None:
    me = sign_up(database)
    for statement in (
        "insert into public.profiles (id) values (gen_random_uuid())",
        "delete from public.profiles",
    ):
        with signed_in(database, me), pytest.raises(InsufficientPrivilege):
            database.execute(statement)


def test_a_user_handles_the_own_sessions_only(database: psycopg.Connection) -> None:
    me, other = sign_up(database, "me@example.com"), sign_up(database, "other@example.com")
    insert = "insert into public.active_sessions (user_id, session_token) values (%s, %s)"
    for user in (me, other):
        database.execute(insert, (user, str(user)))
    with signed_in(database, me):
        rows = database.execute("select session_token from public.active_sessions").fetchall()
        assert rows == [(str(me),)]
        update = "update public.active_sessions set last_heartbeat = now()"
        assert database.execute(update).rowcount == 1
        assert database.execute("delete from public.active_sessions").rowcount == 1
        database.execute(insert, (me, "again"))
    with signed_in(database, me), pytest.raises(InsufficientPrivilege):
        database.execute(insert, (other, "stolen"))
    with signed_in(database, me), pytest.raises(InsufficientPrivilege):
        database.execute("update public.active_sessions set user_id = %s", (other,))


def test_a_user_reads_the_reference_data_and_changes_nothing(database: psycopg.Connection) -> None:
    load_reference_data(database)
    me = sign_up(database)
    with signed_in(database, me):
        count = database.execute("select count(*) from public.enhanced_lerg").fetchone()
        assert count == (450,)
    with signed_in(database, me), pytest.raises(InsufficientPrivilege):
        database.execute("update public.enhanced_lerg set category = 'pacific'")


@pytest.mark.parametrize("table", TABLES)
def test_a_caller_who_is_not_signed_in_reads_nothing(
    database: psycopg.Connection, table: str
) -> None:
    with signed_in(database, None), pytest.raises(InsufficientPrivilege):
        database.execute(f"select * from public.{table}")


def test_the_service_role_keeps_the_reference_data(database: psycopg.Connection) -> None:
    with database.transaction():
        database.execute("set local role service_role")
        load_reference_data(database)
        changed = "update public.enhanced_lerg set source = 'manual' where npa = '212'"
        assert database.execute(changed).rowcount == 1
        assert database.execute("delete from public.enhanced_lerg").rowcount == 450
