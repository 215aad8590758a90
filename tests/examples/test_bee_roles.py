"""What two users, nobody and the service reach in BEE's database."""

import pytest
from psycopg.errors import InsufficientPrivilege

from tests.examples.helpers import Connection, is_refused
from tests.product.helpers import sign_up, signed_in

TABLES = {
    "engagement_events": "event_key",
    "daily_engagement_scores": "score::text",
    "user_fcm_tokens": "token",
    "push_notifications": "kind",
}
ROWS = """
insert into engagement_events (user_id, event_type, event_key) values (%(id)s, 'walk', %(name)s);
insert into daily_engagement_scores (user_id, score_date, score)
  values (%(id)s, '2026-11-20', %(number)s);
insert into user_fcm_tokens (user_id, token, platform) values (%(id)s, %(name)s, 'android');
insert into push_notifications (user_id, kind) values (%(id)s, %(name)s);
"""
FEED = """
insert into today_feed_items (title, body, published_at) values
  ('published', '', now() - interval '1 minute'), ('planned', '', now() + interval '1 hour'),
  ('draft', '', null)"""


class World:
    """Ada and Ben, each with one row in each table of users."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids = {name: sign_up(connection, f"{name}@example.com") for name in ("ada", "ben")}
        connection.execute("set local search_path = public")
        for number, (name, user) in enumerate(self.ids.items(), 1):
            for statement in ROWS.strip().split(";\n"):
                connection.execute(statement.encode(), {"id": user, "name": name, "number": number})
        connection.execute(FEED)

    def sees(self, name: str | None, query: str) -> set[str]:
        with signed_in(self.connection, self.ids[name] if name else None):
            return {row[0] for row in self.connection.execute(query.encode()).fetchall()}

    def is_refused(self, name: str | None, statement: str) -> bool:
        with signed_in(self.connection, self.ids[name] if name else None):
            return is_refused(self.connection, statement, **self.ids)


@pytest.fixture
def world(bee: Connection) -> World:
    return World(bee)


@pytest.mark.parametrize("table", TABLES)
def test_a_user_sees_the_own_rows_only(world: World, table: str) -> None:
    query = f"select {TABLES[table]} from {table}"
    expected = {"ada": "ada", "ben": "ben"}
    if table == "daily_engagement_scores":
        expected = {"ada": "1", "ben": "2"}
    assert {name: world.sees(name, query) for name in world.ids} == {
        name: {value} for name, value in expected.items()
    }


def test_a_user_sees_what_is_published_and_every_flag(world: World) -> None:
    assert world.sees("ada", "select title from today_feed_items") == {"published"}
    for name in ("ada", None):
        assert len(world.sees(name, "select key from feature_flags")) == 5


@pytest.mark.parametrize("table", [*TABLES, "today_feed_items", "function_call_logs"])
def test_nobody_sees_nothing_but_the_flags(world: World, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        world.sees(None, f"select 1 from {table}")


EVENT = "insert into engagement_events (user_id, event_type, event_key)"
TOKEN = "insert into user_fcm_tokens (user_id, token, platform)"
SCORE = "insert into daily_engagement_scores (user_id, score_date, score)"
LOG = "insert into function_call_logs (function_name, execution_time_ms, success)"
ALLOWED = [
    f"{EVENT} values (%(ada)s, 'walk', 'another')",
    "update engagement_events set value = 2",
    "delete from engagement_events",
    f"{TOKEN} values (%(ada)s, 'another', 'ios')",
    "update user_fcm_tokens set updated_at = now()",
    "delete from user_fcm_tokens",
]
REFUSED = [
    f"{EVENT} values (%(ben)s, 'walk', 'another')",
    "update engagement_events set user_id = %(ben)s",
    "update engagement_events set value = 2 where user_id = %(ben)s",
    "delete from engagement_events where user_id = %(ben)s",
    f"{TOKEN} values (%(ben)s, 'another', 'ios')",
    "update user_fcm_tokens set user_id = %(ben)s",
    "delete from user_fcm_tokens where user_id = %(ben)s",
    f"{SCORE} values (%(ada)s, '2026-11-21', 100)",
    "update daily_engagement_scores set score = 100",
    "delete from daily_engagement_scores",
    "insert into push_notifications (user_id, kind) values (%(ada)s, 'x')",
    "update push_notifications set delivered_at = now()",
    "delete from push_notifications",
    "insert into today_feed_items (title, body) values ('x', 'x')",
    "update today_feed_items set title = 'x'",
    "delete from today_feed_items",
    "update feature_flags set enabled = true",
    "insert into feature_flags values ('x', true)",
    "delete from feature_flags",
    "select 1 from function_call_logs",
    f"{LOG} values ('x', 1, true)",
    "select log_function_call('x', null, 1, true)",
    "select touch_feature_flag()",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_a_user_handles_the_own_events_and_tokens(world: World, statement: str) -> None:
    assert not world.is_refused("ada", statement)
    assert world.is_refused(None, statement)


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(world: World, statement: str) -> None:
    assert world.is_refused("ada", statement)
    assert world.is_refused(None, statement)


def test_the_service_reaches_everything_and_writes_the_log(world: World) -> None:
    connection = world.connection
    connection.execute("set local role service_role")
    connection.execute(
        "select log_function_call('f', %s, 12, false, 'bad_date')", [world.ids["ada"]]
    )
    connection.execute("select log_function_call('f', null, 3, true)")
    logged = "select user_id, execution_time_ms, success, error_message from function_call_logs"
    assert set(connection.execute(logged.encode()).fetchall()) == {
        (world.ids["ada"], 12, False, "bad_date"),
        (None, 3, True, None),
    }
    for table in TABLES:
        assert connection.execute(f"delete from {table}".encode()).rowcount == 2
