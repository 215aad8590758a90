"""The sign-up trigger: a profile with a trial for every new user, and no sign-up lost."""

from datetime import timedelta

import psycopg

from tests.product.helpers import sign_up

TRIAL = """
    select id, email, subscription_status, subscription_plan, total_uploads,
           plan_expires_at - created_at as trial, updated_at - created_at as age
    from public.profiles
"""


def notices_of(connection: psycopg.Connection) -> list[tuple[str | None, str]]:
    notices: list[tuple[str | None, str]] = []
    connection.add_notice_handler(
        lambda notice: notices.append((notice.severity_nonlocalized, notice.message_primary or ""))
    )
    return notices


def test_a_new_user_has_a_profile_with_a_trial_of_seven_days(
    database: psycopg.Connection,
) -> None:
    notices = notices_of(database)
    user = sign_up(database, "zoe@example.com")
    assert database.execute(TRIAL).fetchall() == [
        (user, "zoe@example.com", "trial", "accelerator", 0, timedelta(days=7), timedelta(0))
    ]
    assert ("NOTICE", f"Made the profile of user {user} with a trial of 7 days") in notices


def test_the_trial_begins_at_sign_up(database: psycopg.Connection) -> None:
    with database.transaction():
        sign_up(database)
        begins = database.execute("select created_at = now() from public.profiles").fetchone()
    assert begins == (True,)


def test_a_sign_up_succeeds_when_the_profile_cannot_be_made(database: psycopg.Connection) -> None:
    database.execute("alter table public.profiles add column tax_id text not null")
    notices = notices_of(database)
    user = sign_up(database)
    assert database.execute("select id from auth.users").fetchall() == [(user,)]
    assert database.execute("select id from public.profiles").fetchall() == []
    [(severity, message)] = notices
    assert severity == "WARNING"
    assert message.startswith(f"Could not make the profile of user {user}: null value in column")


def test_deleting_the_user_removes_profile_and_sessions(database: psycopg.Connection) -> None:
    user = sign_up(database)
    insert = "insert into public.active_sessions (user_id, session_token) values (%s, 'token')"
    database.execute(insert, (user,))
    database.execute("delete from auth.users")
    left = "select (select count(*) from public.profiles), count(*) from public.active_sessions"
    assert database.execute(left).fetchone() == (0, 0)
