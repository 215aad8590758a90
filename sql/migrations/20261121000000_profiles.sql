-- The profile of a user: one row for each row of auth.users, kept by the sign-up trigger.
-- An older product database has this table already; there, only what it lacks is brought.

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
