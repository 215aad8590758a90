-- Sessions of signed-in users, kept alive by a heartbeat.
-- Where the table is there already, its foreign keys, policies and grants become the declared ones.

create table if not exists public.active_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  session_token text not null unique,
  created_at timestamptz not null default now(),
  last_heartbeat timestamptz not null default now(),
  user_agent text,
  ip_address inet,
  browser_info jsonb,
  is_active boolean not null default true
);

-- Exactly one foreign key, and it cascades: a second one would stop the removal of a user.
do $$
declare
  foreign_key name;
begin
  for foreign_key in
    select conname
    from pg_catalog.pg_constraint
    where conrelid = 'public.active_sessions'::regclass and contype = 'f'
  loop
    raise notice 'Foreign key % of active_sessions is replaced', foreign_key;
    execute format('alter table public.active_sessions drop constraint %I', foreign_key);
  end loop;
end
$$;
alter table public.active_sessions
  add constraint active_sessions_user_id_fkey
  foreign key (user_id) references public.profiles (id) on delete cascade;

comment on table public.active_sessions is
  'Tracks the sessions of a user, for concurrent-session management and security monitoring.';

create index if not exists idx_active_sessions_user_id
  on public.active_sessions (user_id);
create index if not exists idx_active_sessions_token
  on public.active_sessions (session_token);
create index if not exists idx_active_sessions_active
  on public.active_sessions (is_active) where is_active;
create index if not exists idx_active_sessions_heartbeat
  on public.active_sessions (last_heartbeat) where is_active;

alter table public.active_sessions enable row level security;

-- (select auth.uid()) is evaluated once for a statement, auth.uid() once for each row.
drop policy if exists "Users can view their own sessions" on public.active_sessions;
create policy "Users can view their own sessions" on public.active_sessions
  for select using ((select auth.uid()) = user_id);

drop policy if exists "Users can insert their own sessions" on public.active_sessions;
create policy "Users can insert their own sessions" on public.active_sessions
  for insert with check ((select auth.uid()) = user_id);

drop policy if exists "Users can update their own sessions" on public.active_sessions;
create policy "Users can update their own sessions" on public.active_sessions
  for update using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);

drop policy if exists "Users can delete their own sessions" on public.active_sessions;
create policy "Users can delete their own sessions" on public.active_sessions
  for delete using ((select auth.uid()) = user_id);

-- Supabase grants every new table to anon and authenticated in full: take that back first.
revoke all on public.active_sessions from public, anon, authenticated;
grant select, insert, update, delete on public.active_sessions to authenticated;
