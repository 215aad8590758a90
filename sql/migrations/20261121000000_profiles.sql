-- The profile of a user: one row for each row of auth.users, kept by the sign-up trigger.
-- An older product database has this table already; there, only what it lacks is brought.

-- What later files replace or drop is written down first: the way back, and the list to review.
create schema if not exists stackwright;
create table if not exists stackwright.earlier_objects (
  kind text not null,
  name text not null,
  definition text not null,
  recorded_at timestamptz not null default now(),
  primary key (kind, name)
);
comment on table stackwright.earlier_objects is
  'Policies, sign-up triggers and their functions as they were before the first migration of ours.';

insert into stackwright.earlier_objects (kind, name, definition)
select 'policy', format('%s on %s', policyname, tablename), format(
    'create policy %I on public.%I as %s for %s to %s%s%s', policyname, tablename, permissive, cmd,
    (select string_agg(quote_ident(role), ', ') from unnest(roles) as role),
    ' using (' || qual || ')', ' with check (' || with_check || ')'  -- absent where null
  )
from pg_catalog.pg_policies
where schemaname = 'public' and tablename in ('profiles', 'active_sessions', 'enhanced_lerg')
on conflict do nothing;

insert into stackwright.earlier_objects (kind, name, definition)
select 'trigger', tgname, pg_get_triggerdef(oid)
from pg_catalog.pg_trigger
where tgrelid = to_regclass('auth.users') and not tgisinternal
on conflict do nothing;

insert into stackwright.earlier_objects (kind, name, definition)
select 'function', oid::regprocedure::text, pg_get_functiondef(oid)
from pg_catalog.pg_proc
where pronamespace = 'public'::regnamespace
  and (proname in ('handle_new_user', 'handle_new_user_trial') or oid in (
    select tgfoid from pg_catalog.pg_trigger
    where tgrelid = to_regclass('auth.users') and not tgisinternal
  ))
on conflict do nothing;

create table if not exists public.profiles (
  id uuid primary key,
  subscription_status text,
  subscription_plan text,
  plan_expires_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

alter table public.profiles alter column created_at set default now();
alter table public.profiles alter column updated_at set default now();

-- Deleting the auth user removes the profile. A foreign key that was made by hand may lack the
-- cascade, so any other one between the two columns gives way to the declared one.
do $$
declare
  foreign_key record;
  declared boolean := false;
begin
  for foreign_key in
    select conname, confdeltype
    from pg_catalog.pg_constraint
    where conrelid = 'public.profiles'::regclass
      and confrelid = 'auth.users'::regclass
      and contype = 'f'
  loop
    if foreign_key.confdeltype = 'c' and not declared then
      declared := true;
    else
      raise notice 'Foreign key % of profiles is replaced', foreign_key.conname;
      execute format('alter table public.profiles drop constraint %I', foreign_key.conname);
    end if;
  end loop;

  if not declared then
    alter table public.profiles
      add constraint profiles_id_fkey foreign key (id) references auth.users (id) on delete cascade;
  end if;
end
$$;

alter table public.profiles enable row level security;
