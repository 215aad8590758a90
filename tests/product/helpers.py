"""What the product's tests share: its SQL files, an older database, users and their calls."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "sql/migrations").glob("*.sql"))
WAITING = [path for path in FILES if "-- stackwright: not-before" in path.read_text()]
MIGRATIONS = [path for path in FILES if path not in WAITING]
CHECKS = {path.stem: path for path in sorted((ROOT / "sql/checks").glob("*.sql"))}
REFERENCE = ROOT / "sql/reference/enhanced_lerg.csv"

# Production as the product's papers describe it before its first converge: a smaller table of
# profiles, policies under other names, and two triggers, of which one has a fixed date.
OLDER_DATABASE = """
    create table public.profiles (
      id uuid primary key references auth.users (id),
      subscription_status text,
      subscription_plan text,
      plan_expires_at timestamptz,
      created_at timestamptz not null,
      updated_at timestamptz
    );
    alter table public.profiles enable row level security;
    create policy "Enable read access for all users" on public.profiles for select using (true);
    create policy "own select" on public.profiles for select using (auth.uid() = id);
    create policy "own insert" on public.profiles for insert with check (auth.uid() = id);
    create policy "Users can view own profile" on public.profiles for select using (true);
    create table public.lerg_codes (npa_nxx text, state text, country text, created_at timestamptz);
    create function public.handle_new_user() returns trigger language plpgsql security definer as $$
    begin
      insert into public.profiles (id, created_at) values (new.id, now());
      return new;
    end $$;
    create trigger on_auth_user_created after insert on auth.users
      for each row execute function public.handle_new_user();
    create function public.handle_new_user_trial() returns trigger language plpgsql
    security definer as $$
    begin
      update public.profiles set plan_expires_at = '2025-05-23' where id = new.id;
      return new;
    end $$;
    create trigger on_auth_user_created_set_trial after insert on auth.users
      for each row execute function public.handle_new_user_trial();
"""

# As much of pg_cron as a migration sees; the embedded server has none. Jobs do not run.
PG_CRON = """
    create schema cron;
    create table cron.job (
      jobid bigserial primary key,
      schedule text not null,
      command text not null,
      active boolean not null default true,
      jobname text unique
    );
    create function cron.schedule(job_name text, schedule text, command text) returns bigint
    language sql as $$
      insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
      on conflict (jobname)
        do update set schedule = excluded.schedule, command = excluded.command, active = true
      returning jobid
    $$;
    create function cron.unschedule(job_name text) returns boolean
    language sql as 'with gone as (delete from cron.job where jobname = $1 returning 1)
      select exists (select from gone)';
    grant usage on schema cron to postgres;
    grant all on all tables in schema cron to postgres;
    grant all on all sequences in schema cron to postgres;
"""
SESSION_CLEANUP = ROOT / "sql/migrations/20261121000800_session_cleanup.sql"


def migrate(dsn: str) -> None:
    """Apply every migration as the deployer does: in order, each in a transaction of its own."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for path in MIGRATIONS:
            with connection.transaction():
                connection.execute(path.read_text())


def load_reference_data(connection: psycopg.Connection) -> None:
    """Fill the table of area codes from the declared file."""
    header, _, body = REFERENCE.read_text().partition("\n")
    copy = f"copy public.enhanced_lerg ({header}) from stdin with (format csv)"
    with connection.cursor() as cursor, cursor.copy(copy) as target:
        target.write(body)


def problems(connection: psycopg.Connection[Any], check: str) -> list[str]:
    """What a check finds, with the rights of the deployer and read-only as in production."""
    with connection.transaction(force_rollback=True):
        connection.execute("set local role postgres")
        connection.execute("set local transaction_read_only = on")
        cursor = connection.cursor(row_factory=dict_row)
        return [row["problem"] for row in cursor.execute(CHECKS[check].read_text())]


def sign_up(connection: psycopg.Connection[Any], email: str = "new@example.com") -> uuid.UUID:
    """Make an auth user as the auth server does: only its own schema is on the search path."""
    user = uuid.uuid4()
    with connection.transaction():
        connection.execute("set local search_path = auth")
        insert = "insert into auth.users (id, email) values (%s, %s)"
        connection.execute(insert, (user, email))
    return user


@contextmanager
def signed_in(connection: psycopg.Connection, user: uuid.UUID | None) -> Iterator[None]:
    """Act as a caller of the data API: a user, or nobody. What is done is rolled back."""
    role = "authenticated" if user else "anon"
    claims = f'{{"role": "{role}"}}' if user is None else f'{{"role": "{role}", "sub": "{user}"}}'
    with connection.transaction(force_rollback=True):
        connection.execute(f"set local role {role}")
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        yield
