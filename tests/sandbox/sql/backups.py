"""A small shop's database, and backups of it: what the tests of backup and restore share."""

import asyncio
from pathlib import Path
from typing import Any

from stackwright.sql import backup, manifest, restore
from stackwright.sql.manifest import Manifest
from stackwright.sql.restore import Into, Outlook
from tests.sandbox.sql.helpers import rows

KEY = "a key of more than sixteen characters"
REF = "a" * 20

SHOP = """
create type public.mood as enum ('good', 'bad');
create domain public.amount as int check (value > 0);
create table public.profiles (
    id uuid primary key references auth.users on delete cascade,
    name text not null, mood public.mood default 'good', paid public.amount
);
create table public."Odd Name" (id serial primary key, "V%" text default 'x');
create index odd on public."Odd Name" ("V%");
create schema app;
create table app.events (at date, what text) partition by range (at);
create table app.events_2026 partition of app.events for values from ('2026-01-01') to (maxvalue);
create view public.names as select name from public.profiles;
create materialized view public.counted as select count(*) from public.profiles;
alter table public.profiles enable row level security;
create policy own on public.profiles to authenticated using (id = auth.uid());
create function public.new_user() returns trigger language plpgsql security definer as $$
begin
    insert into public.profiles (id, name) values (new.id, 'made by the trigger');
    return new;
end $$;
create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.new_user();
alter publication supabase_realtime add table public.profiles;
grant select (name) on public.profiles to anon;
comment on table public.profiles is 'It''s a 100% comment; with a semicolon';
insert into auth.users (id, email)
    select gen_random_uuid(), 'u' || i || '@example.org' from generate_series(1, 3) i;
insert into auth.identities (provider_id, user_id, identity_data, provider)
    select id::text, id, '{"email": "u@example.org"}', 'email' from auth.users;
insert into public."Odd Name" ("V%") select E'a\\ttab, a \\\\ and a\\nline ' || i
    from generate_series(1, 100) i;
insert into app.events values ('2026-05-01', 'opened'), ('2026-06-01', null);
refresh materialized view public.counted;
"""

STATE = """
select (select string_agg(email::text, ' ' order by email) from auth.users),
    (select count(*) from auth.identities),
    (select string_agg(name || mood::text, ' ') from public.profiles),
    (select md5(string_agg(id || "V%", '|' order by id)) from public."Odd Name"),
    (select string_agg(at || coalesce(what, '-'), ' ' order by at) from app.events),
    (select count from public.counted),
    (select string_agg(policyname || qual || roles::text, ' ') from pg_policies),
    (select string_agg(tgname || tgrelid::regclass::text, ' ') from pg_trigger
        where not tgisinternal),
    (select string_agg(tablename, ' ') from pg_publication_tables),
    obj_description('public.profiles'::regclass),
    has_column_privilege('anon', 'public.profiles', 'name', 'select'),
    (select relrowsecurity from pg_class where oid = 'public.profiles'::regclass)
"""


def state(dsn: str) -> tuple[Any, ...]:
    """All of the shop that a restore has to bring back."""
    [row] = rows(dsn, STATE)
    return row


def made(dsn: str, root: Path, **options: Any) -> Path:
    """A backup of a database."""
    chosen = backup.Options(root=root / ".stackwright", **options)
    place = root / ".stackwright" / "backups" / "dev"
    return asyncio.run(backup.make(dsn, "shop/dev", REF, place, chosen))


def restored(
    folder: Path, dsn: str, into: Into = Into.REPLACE, key: str | None = None, **options: Any
) -> Outlook:
    """Restore a backup as the command does it."""
    known = restore.open_checked(folder, key)
    return asyncio.run(restore.run(folder, known, dsn, key, into, **options))


def known(folder: Path) -> Manifest:
    return manifest.read(folder)
