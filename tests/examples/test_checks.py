"""Every check of the examples passes on the declared database, and fails when it is broken."""

import re
from contextlib import ExitStack

import psycopg
import pytest

from tests.examples import bee_breaks, optio_breaks
from tests.examples.helpers import BEE, OPTIO, Connection, Example
from tests.product.helpers import PG_CRON

EXAMPLES = {"optio": OPTIO, "bee": BEE}
BREAKS = {"optio": optio_breaks.BREAKS, "bee": bee_breaks.BREAKS}
ALL = [(name, *broken) for name, breaks in BREAKS.items() for broken in breaks]
JOB = (BEE.folder / "sql/migrations/20261128000500_log_retention.sql").read_text()


@pytest.fixture(params=EXAMPLES)
def one(request: pytest.FixtureRequest) -> tuple[Example, Connection]:
    """Each example, with its declared database."""
    return EXAMPLES[request.param], request.getfixturevalue(request.param)


def test_no_check_fails_on_the_declared_database(one: tuple[Example, Connection]) -> None:
    example, connection = one
    assert example.failing(connection) == {}


def test_what_is_reported_of_the_declared_database_is_what_we_know(
    optio: Connection, bee: Connection
) -> None:
    assert OPTIO.failing(optio, "warn") == {
        "r53_foreign_keys": [
            "diplomas (user_id) has no index",
            "quest_submissions (approved_quest_id) has no index",
            "quest_submissions (user_id) has no index",
            "quest_task_completions (quest_id) has no index",
            "quest_task_completions (task_id) has no index",
            "quests (created_by) has no index",
            "team_requests (recipient_id) has no index",
            "team_requests (sender_id) has no index",
            "user_quests (quest_id) has no index",
        ]
    }
    assert BEE.failing(bee, "warn").keys() == {"r22_log_retention"}


@pytest.mark.parametrize(("name", "check", "statement", "expected"), ALL)
def test_a_check_fails_when_what_it_watches_is_broken(
    request: pytest.FixtureRequest, name: str, check: str, statement: str, expected: str
) -> None:
    connection: Connection = request.getfixturevalue(name)
    if check == "r22_log_retention":
        connection.execute(PG_CRON + JOB)
        assert BEE.problems(connection, check) == []
    connection.execute(statement.encode())
    found = EXAMPLES[name].problems(connection, check)
    assert any(re.search(expected, problem) for problem in found), found


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_check_was_broken_once_and_says_what_it_is(name: str) -> None:
    declared = EXAMPLES[name].checks
    broken = {check for check, _, _ in BREAKS[name]}
    assert broken | ({"r46_connections"} if name == "bee" else set()) == declared.keys()
    assert all(check.title and check.covers for check in declared.values())


def test_what_callers_did_wrong_is_no_failure_of_a_function(bee: Connection) -> None:
    statement = bee_breaks.CALLS + " values ('f', 1, false, 'not_signed_in')"
    bee.execute(statement.encode())
    assert BEE.problems(bee, "r46_call_errors") == []


def test_connections_that_are_nearly_all_taken_are_told(bee: Connection, fresh: str) -> None:
    [most] = bee.execute("select current_setting('max_connections')::integer").fetchone() or [0]
    with ExitStack() as stack:
        for _ in range(int(most * 0.8) - 1):
            stack.enter_context(psycopg.connect(fresh))
        [found] = BEE.problems(bee, "r46_connections")
    assert re.fullmatch(rf"\d+ of {most} connections are in use", found)
