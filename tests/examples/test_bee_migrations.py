"""BEE's migrations: from nothing, on dev as it is, and what applying again must not do."""

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from tests.examples.helpers import BEE, Connection, load_down
from tests.product.helpers import PG_CRON, sign_up

MIGRATIONS = sorted((BEE.folder / "sql/migrations").glob("*.sql"))
NAMES = [path.name for path in MIGRATIONS]
FILES = {path.name[15:-4]: path.read_text() for path in MIGRATIONS}


def dev(dsn: str) -> None:
    """The first six groups as somebody applied them, with the ledger of the Supabase CLI."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for path in MIGRATIONS[:5]:
            connection.execute(path.read_bytes())
        connection.execute((BEE.folder / "sandbox/history.sql").read_bytes())
        for number in (1, 2):
            sign_up(connection, f"tester-{number}@example.com")
        connection.execute((BEE.folder / "sandbox/rows.sql").read_bytes())


def test_an_empty_project_reaches_the_schema_and_a_second_run_applies_nothing(fresh: str) -> None:
    assert BEE.migrate(fresh) == NAMES
    assert BEE.migrate(fresh) == []


def test_on_dev_the_six_groups_are_recognised_and_their_rows_stay(fresh: str) -> None:
    dev(fresh)
    assert BEE.migrate(fresh) == NAMES[6:]
    BEE.fill(fresh)
    with psycopg.connect(fresh, autocommit=True) as connection:
        assert BEE.failing(connection) == {}
        assert BEE.failing(connection, "warn").keys() == {"r22_log_retention"}
        counts = "select count(*) from engagement_events union all select count(*) from auth.users"
        assert connection.execute(counts).fetchall() == [(6,), (2,)]


def test_policies_and_publication_can_be_applied_again(bee: Connection) -> None:
    for name in ("row_level_security", "realtime"):
        bee.execute(FILES[name].encode())
    assert BEE.failing(bee) == {}


def test_a_table_that_nobody_declared_is_closed(fresh: str) -> None:
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute("create table notes (a text); insert into notes values ('x')")
        BEE.migrate(fresh)
        connection.execute("set role authenticated")
        assert connection.execute("select * from notes").fetchall() == []


def test_an_event_that_was_sent_twice_arrives_once(bee: Connection) -> None:
    user = sign_up(bee)
    bee.execute("set local search_path = public")
    insert = (
        b"insert into engagement_events (user_id, event_type, event_key) values (%s, 'walk', 'k')"
    )
    bee.execute(insert, [user])
    with pytest.raises(UniqueViolation), bee.transaction():
        bee.execute(insert, [user])


def test_a_switched_flag_says_when(bee: Connection) -> None:
    bee.execute("update feature_flags set updated_at = '2026-01-01'")
    bee.execute("update feature_flags set enabled = false where key in ('momentum_live')")
    bee.execute("update feature_flags set enabled = false where key in ('enableAnalytics')")
    changed = "select key from feature_flags where updated_at > '2026-01-02'"
    assert bee.execute(changed).fetchall() == [("momentum_live",)]


def test_the_schedule_removes_what_is_older_than_90_days(bee: Connection) -> None:
    bee.execute(PG_CRON)
    bee.execute(FILES["log_retention"].encode())
    bee.execute(FILES["log_retention"].encode())  # again: still one job
    for days in (89, 91):
        bee.execute(
            "insert into function_call_logs (function_name, execution_time_ms, success, created_at)"
            " values (%s, 1, true, now() - make_interval(days => %s))",
            (str(days), days),
        )
    [(command,)] = bee.execute("select command from cron.job").fetchall()
    bee.execute(command.encode())
    assert bee.execute("select function_name from function_call_logs").fetchall() == [("89",)]


def test_flags_and_publication_can_be_undone(bee: Connection) -> None:
    for name in ("20261128000400_feature_flags.sql", "20261128000300_realtime.sql"):
        for statement in load_down(BEE.folder / "sql/down" / name):
            bee.execute(statement.encode())
    assert bee.execute("select to_regclass('feature_flags')").fetchone() == (None,)
    assert BEE.problems(bee, "r19_realtime") != []


def test_the_schedule_can_be_undone(bee: Connection) -> None:
    [undo] = load_down(BEE.folder / "sql/down/20261128000500_log_retention.sql")
    bee.execute(undo.encode())  # without pg_cron there is nothing to do
    bee.execute(PG_CRON)
    bee.execute(FILES["log_retention"].encode())
    bee.execute(undo.encode())
    assert bee.execute("select count(*) from cron.job").fetchone() == (0,)
