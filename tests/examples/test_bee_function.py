"""The function that computes the momentum: its own tests, and its answers over the database."""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stackwright import toolchain
from stackwright.errors import StackwrightError
from stackwright.postgres.server import Postgres
from tests.examples.helpers import BEE, Connection, declared
from tests.product.helpers import sign_up
from tests.product.running import ANON, Function, running, user

FUNCTIONS = BEE.folder / "functions"
DAY = "2026-11-20"


@pytest.mark.parametrize(
    "command",
    [
        ["test", "--frozen", "--no-prompt", "--ignore-env", "."],
        ["fmt", "--check"],
        ["lint"],
        ["check", "--frozen", "."],
    ],
    ids=lambda command: command[0],
)
def test_its_own_tests_form_and_types_are_right(command: list[str]) -> None:
    try:
        program = str(toolchain.deno())
    except StackwrightError as error:
        pytest.skip(str(error))
    environment = {**os.environ, "NO_COLOR": "1", "DENO_DIR": str(toolchain.deno_dir())}
    answer = subprocess.run(
        [program, *command], cwd=FUNCTIONS, env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def address(server: Postgres) -> Iterator[str]:
    with declared(server, BEE) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def calculator(address: str) -> Iterator[Function]:
    slug = "momentum-score-calculator"
    with running(slug, {"SUPABASE_DB_URL": address}, FUNCTIONS) as function:
        yield function


@pytest.fixture
def database(address: str) -> Iterator[Connection]:
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection
        connection.execute("truncate auth.users cascade; truncate function_call_logs")


def did(connection: Connection, who: Any, value: int, occurred_at: str) -> None:
    connection.execute(
        "insert into engagement_events (user_id, event_type, value, event_key, occurred_at)"
        " values (%s, 'walk', %s, gen_random_uuid()::text, %s)",
        (who, value, occurred_at),
    )


def test_the_score_of_a_day_is_kept_and_follows_its_events(
    calculator: Function, database: Connection
) -> None:
    me, other = sign_up(database, "me@example.com"), sign_up(database, "other@example.com")
    did(database, me, 30, f"{DAY} 00:00+00")
    did(database, me, 20, f"{DAY} 23:59:59+00")
    did(database, me, 7, "2026-11-21 00:00+00")
    did(database, other, 9, f"{DAY} 12:00+00")
    asked = {"user_id": str(me), "target_date": DAY}
    scores = []
    for more in (40, 40):
        answer = calculator.post(asked, user(str(me)))
        assert answer.status_code == 200
        assert answer.json().keys() == {"user_id", "date", "score"}
        scores.append(answer.json()["score"])
        did(database, me, more, f"{DAY} 12:00+00")
    scores.append(calculator.post(asked, user(str(me))).json()["score"])
    assert scores == [50, 90, 100]
    kept = database.execute("select user_id, score_date::text, score from daily_engagement_scores")
    assert kept.fetchall() == [(me, DAY, 100)]


def test_every_call_is_one_row_of_the_log(calculator: Function, database: Connection) -> None:
    me, other = sign_up(database, "me@example.com"), sign_up(database, "other@example.com")
    asked = {"user_id": str(me), "target_date": DAY}
    statuses = [
        calculator.post(asked, user(str(me))).status_code,
        calculator.post(asked, user(str(other))).status_code,
        calculator.post(asked | {"target_date": "2024-13-01"}, user(str(me))).status_code,
        calculator.post(asked, ANON).status_code,
    ]
    assert statuses == [200, 403, 400, 401]
    query = "select user_id, success, error_message from function_call_logs order by id"
    assert database.execute(query).fetchall() == [
        (me, True, None),
        (other, False, "other_user"),
        (me, False, "bad_date"),
        (None, False, "not_signed_in"),
    ]
    scores = "select user_id from daily_engagement_scores"
    assert database.execute(scores).fetchall() == [(me,)]


def test_the_thirty_first_call_of_a_minute_is_refused(
    calculator: Function, database: Connection
) -> None:
    me = sign_up(database)
    database.execute(
        "select log_function_call('momentum-score-calculator', %s, 1, true)"
        " from generate_series(1, 29)",
        [me],
    )
    asked = {"user_id": str(me), "target_date": DAY}
    statuses = [calculator.post(asked, user(str(me))).status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    database.execute("update function_call_logs set created_at = now() - interval '61 seconds'")
    assert calculator.post(asked, user(str(me))).status_code == 200


def test_what_fails_inside_tells_the_caller_nothing(
    calculator: Function, database: Connection
) -> None:
    """A token of a user who is gone: the score's foreign key refuses it."""
    gone = "0c000000-0000-4000-8000-000000000009"
    answer = calculator.post({"user_id": gone, "target_date": DAY}, user(gone))
    assert (answer.status_code, answer.json()) == (500, {"error": "failed"})
