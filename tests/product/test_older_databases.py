"""What the migrations make of databases that hold other things than the product's papers say."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.product.helpers import (
    MIGRATIONS,
    OLDER_DATABASE,
    load_reference_data,
    migrate,
    problems,
    sign_up,
)

LEGACY_ROWS = """
    insert into public.lerg_codes (npa_nxx, state, country, created_at) values
      ('212', 'NY', 'US', '2024-02-03 04:05+00'), ('212', 'NJ', 'US', '2024-05-05 00:00+00'),
      ('416', 'ON', ' ca', null), ('213', '', null, '2024-01-01 00:00+00'), ('998', 'TX', '', null),
      ('264', null, 'AI', null), ('2125', 'NY', 'US', null), ('21a', 'NY', 'US', null),
      (' 21', null, null, null), (null, null, 'US', null), ('٢١٢', null, 'US', null)
"""


@pytest.fixture
def older(fresh: str) -> Iterator[psycopg.Connection]:
    """A connection to a database as production was, before the migrations."""
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(OLDER_DATABASE)
        yield connection


def converge(connection: psycopg.Connection[Any]) -> None:
    for path in MIGRATIONS:
        with connection.transaction():
            connection.execute(path.read_text())


def one(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return [row[0] for row in connection.execute(query.encode())]


def test_three_digit_rows_are_copied_with_a_low_score(older: psycopg.Connection) -> None:
    older.execute(LEGACY_ROWS)
    converge(older)
    found = older.execute(
        "select npa, country_code, country_name, state_province_code, category from enhanced_lerg"
        " where confidence_score = 85 and source = 'lerg' and state_province_name is null"
        " order by npa"
    )
    assert found.fetchall() == [
        ("212", "US", "United States", "NY", "us-domestic"),
        ("213", "US", "United States", None, "us-domestic"),
        ("416", "CA", "Canada", "ON", "canadian"),
        ("998", "US", "United States", "TX", "us-domestic"),
    ]
    created = one(older, "select created_at from enhanced_lerg where npa = '212'")
    assert created == [datetime(2024, 2, 3, 4, 5, tzinfo=UTC)]


def test_the_legacy_table_is_untouched_and_its_odd_rows_are_listed(
    older: psycopg.Connection,
) -> None:
    older.execute(LEGACY_ROWS)
    everything = "select array_agg(l::text order by l::text) from public.lerg_codes l"
    before = one(older, everything)
    converge(older)
    assert one(older, everything) == before
    odd = [problem.split(" is no area code")[0] for problem in problems(older, "r33_legacy_rows")]
    wrong = ["' 21'", "'2125'", "'21a'", "'٢١٢'", "null"]
    assert sorted(odd) == sorted(f"npa_nxx {value}" for value in wrong)


def test_the_declared_file_wins_and_what_it_lacks_fails_the_count(
    older: psycopg.Connection,
) -> None:
    older.execute("insert into public.lerg_codes values ('212', 'XX', 'CA'), ('998', 'TX', 'US')")
    converge(older)
    older.execute("delete from public.enhanced_lerg where npa = '212'")  # the loader overwrites it
    load_reference_data(older)
    assert problems(older, "r33_legacy_npas") == [
        "NPA 998 was copied from lerg_codes and is not in the declared file"
    ]
    assert "451 rows that no admin entered" in problems(older, "v05_lerg_count")[0]
    assert problems(older, "l14_legacy_coverage") == []


def test_running_the_copy_again_leaves_existing_rows_alone(older: psycopg.Connection) -> None:
    older.execute(LEGACY_ROWS)
    converge(older)
    older.execute("update enhanced_lerg set category = 'caribbean', confidence_score = 100")
    converge(older)
    assert set(one(older, "select category from enhanced_lerg")) == {"caribbean"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("rename npa_nxx to npa", "it lacks npa_nxx text, and has npa text, state text"),
        ("drop column country", "it lacks country text, and has npa_nxx text, state text, cr"),
        ("alter npa_nxx type integer using 1", "it lacks npa_nxx text, and has npa_nxx integer"),
        ("alter created_at type date", "it lacks created_at timestamp with time zone, and has"),
    ],
)
def test_another_structure_stops_with_the_columns_found(
    older: psycopg.Connection, change: str, said: str
) -> None:
    older.execute(f"alter table public.lerg_codes {change}".encode())
    with pytest.raises(psycopg.errors.RaiseException, match=said):
        converge(older)
    assert one(older, "select count(*) from enhanced_lerg") == [0]


def test_text_of_another_kind_and_further_columns_are_no_other_structure(
    older: psycopg.Connection,
) -> None:
    older.execute(
        "alter table public.lerg_codes alter npa_nxx type char(7), alter country type varchar(2),"
        " add column ocn text"
    )
    older.execute("insert into public.lerg_codes (npa_nxx, country) values ('212', 'US')")
    converge(older)
    assert one(older, "select npa from enhanced_lerg") == ["212"]


def test_policies_that_let_everybody_in_give_way_whatever_their_name(
    older: psycopg.Connection,
) -> None:
    for name in ("Users can update own profile", "odd 'name'", 'odd "name"'):
        quoted = name.replace('"', '""')
        older.execute(f'create policy "{quoted}" on profiles using (true)'.encode())
    converge(older)
    assert problems(older, "v10_policies") == []


def test_what_was_there_before_can_be_made_again(older: psycopg.Connection) -> None:
    query = "select definition from stackwright.earlier_objects where kind = 'policy' order by name"
    listed = "select array_agg(p::text order by policyname) from pg_policies p"
    before = one(older, listed)
    converge(older)
    definitions = one(older, query)
    older.execute('drop policy "Users can view own profile" on profiles')
    older.execute('drop policy "Users can update own profile" on profiles')
    older.execute("drop table active_sessions, enhanced_lerg")
    for definition in definitions:
        older.execute(definition)
    assert one(older, listed) == before
    kept = older.execute("select kind, name from stackwright.earlier_objects").fetchall()
    assert sorted(row for row in kept if row[0] != "policy") == [
        ("function", "handle_new_user()"),
        ("function", "handle_new_user_trial()"),
        ("trigger", "on_auth_user_created"),
        ("trigger", "on_auth_user_created_set_trial"),
    ]


@pytest.mark.parametrize("name", ["on_auth_user_created", "on_auth_user_created_set_trial"])
def test_a_sign_up_trigger_that_calls_another_function_is_replaced(
    older: psycopg.Connection, name: str
) -> None:
    older.execute("create function other() returns trigger language plpgsql as 'begin end'")
    older.execute(
        f"create or replace trigger {name} after insert on auth.users"
        " for each row execute function other()".encode()
    )
    converge(older)
    assert problems(older, "v03_signup_trigger") == problems(older, "v11_trial_logic") == []
    assert one(older, "select to_regprocedure('other()') is not null") == [True]


def test_trials_of_the_fixed_date_begin_anew_and_nobody_elses(older: psycopg.Connection) -> None:
    older.execute("alter table profiles add column subscription_id text")
    old, own, early, subscribed, paid, none = (sign_up(older, f"{n}@example.com") for n in range(6))
    older.execute("update profiles set subscription_id = 'sub_1' where id = %s", (subscribed,))
    for user, status, end in (
        (old, None, "2025-05-23"),
        (own, "trial", "2025-08-01"),
        (early, "trial", "2025-03-01"),
        (subscribed, "trial", "2025-05-23"),
        (paid, "active", "2025-05-23"),
        (none, "trial", None),
    ):
        older.execute(
            "update profiles set subscription_status = %s, plan_expires_at = %s where id = %s",
            (status, end, user),
        )
    converge(older)
    found = older.execute(
        "select id, subscription_status, plan_expires_at > now() + interval '6 days' from profiles"
    )
    assert {(row[0], row[1], row[2]) for row in found} == {
        (old, "trial", True),
        (own, "trial", False),
        (early, "trial", False),
        (subscribed, "trial", False),
        (paid, "active", False),
        (none, "trial", None),
    }
    assert problems(older, "r108_trial_ends") == []


def test_a_column_of_its_own_stays_and_is_reported(older: psycopg.Connection) -> None:
    older.execute("alter table profiles add column vat_id text default 'none'")
    user = sign_up(older)
    converge(older)
    assert older.execute("select id, vat_id from profiles").fetchall() == [(user, "none")]
    [said] = problems(older, "r16_profiles_own_columns")
    assert "vat_id text" in said
    assert problems(older, "v02_profiles") == []


def test_tables_made_by_hand_get_the_declared_rules(fresh: str) -> None:
    """Staging as it may be: all three tables there, with other keys, checks and defaults."""
    with psycopg.connect(fresh, autocommit=True) as connection:
        for path in MIGRATIONS:
            connection.execute(path.read_text())
        connection.execute(
            "alter table active_sessions drop constraint active_sessions_user_id_fkey,"
            " add constraint a foreign key (user_id) references auth.users (id),"
            " add constraint b foreign key (user_id) references profiles (id);"
            "alter table enhanced_lerg drop constraint npa_format,"
            " drop constraint enhanced_lerg_category_check,"
            " add constraint enhanced_lerg_category_check check (category <> 'lunar'),"
            " add constraint npa_format check (length(npa) = 3);"
            "alter table profiles drop constraint profiles_billing_period_check,"
            " alter total_uploads drop default"
        )
        migrate(fresh)
        for check in ("r14_active_sessions_keys", "r20_enhanced_lerg_constraints", "v02_profiles"):
            assert problems(connection, check) == [], check
        assert problems(connection, "r16_profiles_keys") == []


def test_a_second_run_keeps_the_first_record_of_what_was_there(older: psycopg.Connection) -> None:
    record = "select definition from stackwright.earlier_objects where kind = 'function' order by 1"
    converge(older)
    before = one(older, record)
    converge(older)
    assert one(older, record) == before
    assert any("insert into public.profiles (id, created_at)" in text for text in before)


def test_existing_users_keep_their_ids(older: psycopg.Connection) -> None:
    users: set[uuid.UUID] = {sign_up(older, f"{number}@example.com") for number in range(3)}
    converge(older)
    assert set(one(older, "select id from auth.users")) == users
    assert set(one(older, "select id from profiles")) == users
