"""Optio's migrations: from nothing, on production as it is, and over what they must not lose."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stackwright.sql.errors import StatementFailed
from tests.examples.helpers import OPTIO, Connection
from tests.product.helpers import sign_up

BASELINE = OPTIO.folder / "sql/migrations/20240903000000_baseline.sql"
PRODUCTION = OPTIO.folder / "sandbox/production.sql"
VERSION = BASELINE.name.partition("_")[0]
COUNTS = """
    select (select count(*) from users), (select count(*) from quests),
      (select count(*) from quest_tasks), (select count(*) from user_skill_xp),
      (select count(*) from user_quests), (select count(*) from friendships),
      (select count(*) from diplomas)"""
AUDIT = (9, 6, 38, 45, 8, 2, 27)


@pytest.fixture
def production(fresh: str) -> str:
    """Production as the audit counted it, without a ledger."""
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(BASELINE.read_bytes())
        for number in range(9):
            sign_up(connection, f"student-{number}@example.com")
        connection.execute(PRODUCTION.read_bytes())
    return fresh


@contextmanager
def session(dsn: str) -> Iterator[Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(OPTIO.folder, "sql", folder).glob("*.sql"))


def test_an_empty_project_reaches_the_schema_and_a_second_run_applies_nothing(fresh: str) -> None:
    expected = [name for folder in OPTIO.collections for name in names(folder)]
    assert OPTIO.migrate(fresh) == expected
    assert OPTIO.migrate(fresh) == []
    with session(fresh) as connection:
        assert OPTIO.failing(connection) == {}


def test_production_keeps_its_rows_and_its_own_default(production: str) -> None:
    ran = OPTIO.migrate(production, "migrations", "row_level_security", baseline=VERSION)
    assert BASELINE.name not in ran
    with session(production) as connection:
        assert connection.execute(COUNTS).fetchone() == AUDIT
        assert OPTIO.failing(connection) == {}
        assert OPTIO.failing(connection, "warn").keys() == {"r53_foreign_keys"}
        default = "select column_default from information_schema.columns where column_name = %s"
        assert connection.execute(default, ["is_required"]).fetchone() == ("false",)


def test_a_project_whose_row_level_security_nobody_approved_is_reported(production: str) -> None:
    OPTIO.migrate(production, "migrations", baseline=VERSION)
    with session(production) as connection:
        failing = OPTIO.failing(connection)
    assert {"users: row-level security is off"} <= set(failing["r54_row_level_security"])
    assert "r56_own_row" in failing


def test_requests_survive_both_steps_of_the_renaming(production: str) -> None:
    OPTIO.migrate(production, baseline=VERSION)
    with session(production) as connection:
        old_backend(connection)
        new_backend(connection)
        before = connection.execute("select count(*) from team_requests").fetchone()
        OPTIO.migrate(production, "after_rename")
        assert connection.execute("select count(*) from team_requests").fetchone() == before
        assert connection.execute("select to_regclass('friendships')").fetchone() == (None,)
        assert OPTIO.failing(connection) == {}


def old_backend(connection: Connection) -> None:
    """It works with the service key and with the old names."""
    connection.execute("set role service_role")
    connection.execute(
        "insert into friendships (requester_id, addressee_id)"
        " select min(id::text)::uuid, max(id::text)::uuid from users"
    )
    mistaken = (
        "select count(*) from friendships join team_requests using (id)"
        " where requester_id <> sender_id or addressee_id <> recipient_id"
    )
    assert connection.execute(mistaken).fetchone() == (0,)
    update = "update friendships set status = 'rejected' where requester_id < addressee_id"
    assert connection.execute(update).rowcount >= 1
    query = "select count(*), count(created_at) from friendships where status = 'rejected'"
    [rejected, dated] = connection.execute(query).fetchone() or []
    assert rejected == dated >= 1
    connection.execute("reset role")


def new_backend(connection: Connection) -> None:
    connection.execute("set role service_role")
    connection.execute("update team_requests set responded_at = now() where status = 'rejected'")
    query = "select bool_and(responded_at is not null) from friendships where status = 'rejected'"
    assert connection.execute(query).fetchone() == (True,)
    connection.execute("reset role")


def test_the_renaming_can_be_undone(production: str) -> None:
    OPTIO.migrate(production, baseline=VERSION)
    OPTIO.undo(production, "20261128001000_team_requests.sql")
    with session(production) as connection:
        assert connection.execute("select relkind from pg_class where relname = 'friendships'"
                                  ).fetchone() == ("r",)  # fmt: skip
        assert OPTIO.failing(connection) == {}


def test_rules_and_indexes_can_be_undone(fresh: str) -> None:
    OPTIO.migrate(fresh, "migrations")
    for name in ("500_indexes", "400_team_requests", "300_value_lists"):
        OPTIO.undo(fresh, f"20261128000{name}.sql")
    with session(fresh) as connection:
        failing = OPTIO.failing(connection)
    assert {"r49_value_lists", "r50_pending_requests", "r52_indexes"} <= failing.keys()


def old_names(dsn: str) -> list[uuid.UUID]:
    """Three users with retired tiers; two have XP under retired pillars, one under both names."""
    with session(dsn) as connection:
        connection.execute(BASELINE.read_bytes())
        users = [sign_up(connection, f"{n}@example.com") for n in range(3)]
        for user, tier in zip(users, ["explorer", "creator", "visionary"], strict=True):
            connection.execute(
                "insert into users (id, username, subscription_tier) values (%s, %s, %s)",
                (user, tier, tier),
            )
        for user, pillar, amount in (
            (users[0], "creativity", 30),
            (users[0], "arts_creativity", 12),
            (users[0], "communication", 5),
            (users[1], "critical_thinking", 7),
            (users[2], "stem_logic", 1),
        ):
            connection.execute(
                "insert into user_skill_xp (user_id, pillar, xp_amount) values (%s, %s, %s)",
                (user, pillar, amount),
            )
        connection.execute("insert into quests (title) values ('q')")
        connection.execute(
            "insert into quest_tasks (quest_id, title, pillar)"
            " select id, 't', 'cultural_literacy' from quests"
        )
    return users


def test_retired_names_become_todays_and_nobody_loses_xp(fresh: str) -> None:
    users = old_names(fresh)
    OPTIO.migrate(fresh, "migrations", baseline=VERSION)
    with session(fresh) as connection:
        tiers = connection.execute("select username, subscription_tier from users").fetchall()
        assert dict(tiers) == {"explorer": "free", "creator": "supported", "visionary": "academy"}
        rows = connection.execute("select user_id, pillar, xp_amount from user_skill_xp")
        assert set(rows.fetchall()) == {
            (users[0], "arts_creativity", 42),
            (users[0], "language_communication", 5),
            (users[1], "stem_logic", 7),
            (users[2], "stem_logic", 1),
        }
        assert connection.execute("select pillar from quest_tasks").fetchone() == (
            "society_culture",
        )
        kept = connection.execute(
            "select step, table_name, count(*) from stackwright.before_images group by 1, 2"
        )
        assert set(kept.fetchall()) == {
            ("tiers", "users", 3),
            ("pillars", "quest_tasks", 1),
            ("pillars", "user_skill_xp", 4),
        }


def test_tiers_go_back_where_nobody_changed_them_since(fresh: str) -> None:
    old_names(fresh)
    OPTIO.migrate(fresh, "migrations", baseline=VERSION)
    with session(fresh) as connection:
        connection.execute("update users set subscription_tier = 'free' where username = 'creator'")
        OPTIO.undo(fresh, "20261128000300_value_lists.sql", "20261128000100_tiers.sql")
        tiers = dict(connection.execute("select username, subscription_tier from users").fetchall())
    assert tiers == {"explorer": "explorer", "creator": "free", "visionary": "visionary"}


def test_values_outside_the_lists_are_all_named_and_nothing_is_added(production: str) -> None:
    with session(production) as connection:
        connection.execute("update users set role = 'teacher' where role = 'parent'")
        connection.execute("update quests set source = 'udemy' where title = 'Quest 1'")
    with pytest.raises(StatementFailed) as failed:
        OPTIO.migrate(production, "migrations", baseline=VERSION)
    assert "users.role holds 'teacher' (1 rows)" in str(failed.value)
    assert "quests.source holds 'udemy' (1 rows)" in str(failed.value)
    with session(production) as connection:
        checks = "select count(*) from pg_constraint where conname = 'users_role_check'"
        assert connection.execute(checks).fetchone() == (0,)


def test_requests_that_break_the_rule_are_named_before_it_is_added(production: str) -> None:
    with session(production) as connection:
        connection.execute(
            "insert into friendships (requester_id, addressee_id, status)"
            " select addressee_id, requester_id, status from friendships where status = 'pending'"
        )
        connection.execute(
            "insert into friendships (requester_id, addressee_id) select id, id from users limit 1"
        )
    with pytest.raises(StatementFailed, match=r"2 pending requests between .*; request .* himself"):
        OPTIO.migrate(production, "migrations", baseline=VERSION)
