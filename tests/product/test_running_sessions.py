"""The session functions as they run: real Deno, a real table, tokens of several users."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from stackwright.postgres.server import Postgres
from tests.product.helpers import PG_CRON, SESSION_CLEANUP, Row, sign_up
from tests.product.running import ANON, SERVICE_ROLE, Function, running, user

SLUGS = (
    "manage-session",
    "check-session",
    "cleanup-inactive-sessions",
    "get-active-sessions",
    "revoke-session",
)
ENDED = {"error": "The session has ended: sign in again."}


@pytest.fixture(scope="module")
def functions(address: str) -> Iterator[dict[str, Function]]:
    with ExitStack() as stack:
        started = {
            slug: stack.enter_context(running(slug, {"SUPABASE_DB_URL": address})) for slug in SLUGS
        }
        yield started


class Person:
    """A signed-up user with calls of their own."""

    def __init__(self, data: psycopg.Connection[Row], functions: dict[str, Function]) -> None:
        self._data, self._functions = data, functions
        self.id = str(sign_up(data, f"{uuid.uuid4()}@example.com"))

    def call(self, slug: str, body: Row | None = None, **headers: str) -> httpx.Response:
        return self._functions[slug].post(body, {**user(self.id), **headers})

    def logs_in(self) -> Row:
        answer = self.call("manage-session", {})
        assert answer.status_code == 201, answer.text
        session: Row = answer.json()
        return session

    def rows(self) -> list[Row]:
        select = "select * from public.active_sessions where user_id = %s order by created_at"
        return self._data.execute(select, (self.id,)).fetchall()

    def silent(self, session: Row, hours: float) -> None:
        """As if the last heartbeat had been that long ago."""
        change = (
            "update public.active_sessions set last_heartbeat = now() - %s where session_token = %s"
        )
        self._data.execute(change, (timedelta(hours=hours), session["session_token"]))

    def is_active(self, session: Row) -> bool:
        body = {"session_token": session["session_token"]}
        active: bool = self.call("check-session", body).json()["active"]
        return active


@pytest.fixture
def person(data: psycopg.Connection[Row], functions: dict[str, Function]) -> Person:
    return Person(data, functions)


@pytest.fixture
def other(data: psycopg.Connection[Row], functions: dict[str, Function]) -> Person:
    return Person(data, functions)


def test_a_login_makes_an_active_row_with_token_agent_and_address(person: Person) -> None:
    answer = person.call(
        "manage-session",
        {"browser_info": {"language": "en", "screen": [1920, 1080]}},
        **{"User-Agent": "Browser/1", "X-Forwarded-For": "2001:db8::1, 10.0.0.1"},
    )
    [row] = person.rows()
    assert answer.status_code == 201
    assert answer.json()["session_token"] == row["session_token"]
    assert answer.json()["id"] == str(row["id"])
    assert (row["user_agent"], str(row["ip_address"])) == ("Browser/1", "2001:db8::1")
    assert row["browser_info"] == {"language": "en", "screen": [1920, 1080]}
    assert row["is_active"] is True


def test_each_login_is_a_session_of_its_own(person: Person) -> None:
    tokens = {person.logs_in()["session_token"], person.logs_in()["session_token"]}
    assert {row["session_token"] for row in person.rows()} == tokens
    assert len(tokens) == 2


def test_a_heartbeat_keeps_the_session_alive_and_what_is_known_of_it(person: Person) -> None:
    session = person.call("manage-session", {"browser_info": {"language": "en"}}).json()
    person.silent(session, 23)
    body = {"session_token": session["session_token"]}
    answer = person.call("manage-session", body, **{"User-Agent": "Browser/2"})
    assert answer.status_code == 200
    [row] = person.rows()
    assert datetime.now(UTC) - row["last_heartbeat"] < timedelta(minutes=5)
    assert (row["user_agent"], row["browser_info"]) == ("Browser/2", {"language": "en"})
    assert row["ip_address"] is None


def test_looking_at_a_session_does_not_keep_it_alive(person: Person) -> None:
    session = person.logs_in()
    person.silent(session, 23)
    before = person.rows()
    assert person.is_active(session)
    assert person.rows() == before


def test_a_session_that_was_silent_for_a_day_is_over_before_anybody_cleans_up(
    person: Person,
) -> None:
    session = person.logs_in()
    person.silent(session, 24.1)
    before = person.rows()
    assert not person.is_active(session)
    assert person.call("get-active-sessions").json() == {"sessions": []}
    answer = person.call("manage-session", {"session_token": session["session_token"]})
    assert (answer.status_code, answer.json()) == (410, ENDED)
    assert person.rows() == before


def test_the_clean_up_marks_silent_sessions_and_deletes_none(
    person: Person, other: Person, functions: dict[str, Function]
) -> None:
    silent, quiet, lively = person.logs_in(), person.logs_in(), other.logs_in()
    person.silent(silent, 24.1)
    person.silent(quiet, 23.9)
    answer = functions["cleanup-inactive-sessions"].post(None, SERVICE_ROLE)
    assert answer.json()["marked"] >= 1
    active = {row["session_token"]: row["is_active"] for row in [*person.rows(), *other.rows()]}
    assert active == {
        silent["session_token"]: False,
        quiet["session_token"]: True,
        lively["session_token"]: True,
    }
    assert functions["cleanup-inactive-sessions"].post(None, SERVICE_ROLE).json() == {"marked": 0}


def test_the_scheduled_statement_marks_the_same_sessions(
    person: Person, data: psycopg.Connection[Row], server: Postgres
) -> None:
    [[command]] = scheduled(server, data.info.dbname)
    silent, quiet = person.logs_in(), person.logs_in()
    person.silent(silent, 24.1)
    person.silent(quiet, 23.9)
    data.execute(command.encode())
    assert [row["is_active"] for row in person.rows()] == [False, True]


def scheduled(server: Postgres, database: str) -> list[tuple[str]]:
    """The commands of pg_cron after the migration has run twice; nothing of it stays."""
    with psycopg.connect(server.admin_dsn(database)) as connection:
        connection.execute(PG_CRON)
        for _ in range(2):
            connection.execute(SESSION_CLEANUP.read_text())
        rows: list[tuple[str]] = connection.execute(
            "select command from cron.job where jobname = 'cleanup-inactive-sessions'"
            " and schedule = '23 * * * *'"
        ).fetchall()
        connection.rollback()
    return rows


def test_without_pg_cron_the_migration_says_that_nothing_is_scheduled(
    data: psycopg.Connection[Row],
) -> None:
    said: list[str | None] = []
    data.add_notice_handler(lambda notice: said.append(notice.message_primary))
    data.execute(SESSION_CLEANUP.read_text().encode())
    assert said == ["There is no pg_cron: no schedule cleans up sessions"]


def test_only_the_service_role_cleans_up(person: Person, functions: dict[str, Function]) -> None:
    person.silent(person.logs_in(), 48)
    cleanup = functions["cleanup-inactive-sessions"]
    assert person.call("cleanup-inactive-sessions").status_code == 403
    admin = user(person.id, app_metadata={"role": "admin"})
    assert cleanup.post(None, admin).status_code == 403
    assert cleanup.post(None, ANON).status_code == 401
    assert [row["is_active"] for row in person.rows()] == [True]


def test_the_sessions_are_listed_by_their_last_use_and_without_tokens(
    person: Person, other: Person
) -> None:
    by_id = sorted((person.logs_in() for _ in range(3)), key=lambda session: session["id"])
    ended = person.logs_in()
    other.logs_in()
    for hours, session in enumerate(reversed(by_id)):
        person.silent(session, hours)
    person.call("revoke-session", {"session_id": ended["id"]})
    answer = person.call("get-active-sessions")
    listed = [session["id"] for session in answer.json()["sessions"]]
    assert listed == [session["id"] for session in reversed(by_id)]
    assert "session_token" not in answer.text
    assert not [session for session in by_id if session["session_token"] in answer.text]


def test_a_revoked_session_is_over_for_good(person: Person) -> None:
    session, kept = person.logs_in(), person.logs_in()
    for _ in range(2):
        answer = person.call("revoke-session", {"session_id": session["id"]})
        assert answer.json() == {"session_id": session["id"], "active": False}
    beat = person.call("manage-session", {"session_token": session["session_token"]})
    assert (beat.status_code, beat.json()) == (410, ENDED)
    assert not person.is_active(session)
    assert person.is_active(kept)


def test_nobody_reaches_the_session_of_another_user(person: Person, other: Person) -> None:
    session = person.logs_in()
    before = person.rows()
    body = {"session_token": session["session_token"]}
    assert other.call("manage-session", body).status_code == 410
    assert not other.is_active(session)
    assert other.call("get-active-sessions").json() == {"sessions": []}
    assert other.call("revoke-session", {"session_id": session["id"]}).status_code == 404
    assert person.rows() == before


def test_a_user_without_a_profile_is_told_so(
    person: Person, data: psycopg.Connection[Row], functions: dict[str, Function]
) -> None:
    data.execute("delete from public.profiles where id = %s", (person.id,))
    answer = person.call("manage-session", {})
    assert (answer.status_code, "no profile" in answer.text) == (409, True)


def test_nobody_is_nobody(functions: dict[str, Function]) -> None:
    for slug in SLUGS:
        assert functions[slug].post({}, ANON).status_code == 401


def test_no_token_is_logged(person: Person, functions: dict[str, Function]) -> None:
    token = person.logs_in()["session_token"]
    person.call("manage-session", {"session_token": token})
    log = "".join(line for function in functions.values() for line in function.log)
    assert token not in log
