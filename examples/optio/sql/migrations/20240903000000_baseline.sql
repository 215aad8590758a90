-- The database of production as the audit of 3 September 2024 found it. Production has it already,
-- so there this file is recorded and not run (`migrations_baseline`); a new stack starts from it.
--
-- A STAND-IN: nullability, keys and the columns of `diplomas` are not known outside production. Put
-- what `pg_dump --schema-only --schema=public` prints there in its place before the first rollout.
-- One line differs from production on purpose: in a new database a task is required unless said.

create table public.users (
  id uuid primary key references auth.users (id),
  username text not null unique,
  first_name text,
  last_name text,
  role text default 'student',
  subscription_tier text default 'free',
  stripe_customer_id text,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table public.quests (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  description text,
  source text,
  is_active boolean default true,
  created_by uuid references public.users (id),
  created_at timestamptz default now()
);

create table public.quest_tasks (
  id uuid primary key default gen_random_uuid(),
  quest_id uuid not null references public.quests (id) on delete cascade,
  title text not null,
  description text,
  pillar text,
  xp_value integer default 100,
  order_index integer,
  is_required boolean default true,
  created_at timestamptz default now()
);

create table public.quest_task_completions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id),
  quest_id uuid not null references public.quests (id),
  task_id uuid not null references public.quest_tasks (id),
  evidence_url text,
  evidence_text text,
  completed_at timestamptz default now(),
  unique (user_id, task_id)
);

create table public.user_skill_xp (
  user_id uuid not null references public.users (id),
  pillar text not null,
  xp_amount integer default 0,
  updated_at timestamptz default now(),
  primary key (user_id, pillar)
);

create table public.user_quests (
  user_id uuid not null references public.users (id),
  quest_id uuid not null references public.quests (id),
  is_active boolean default true,
  started_at timestamptz default now(),
  completed_at timestamptz,
  primary key (user_id, quest_id)
);

create table public.quest_submissions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id),
  title text not null,
  description text,
  suggested_tasks jsonb,
  make_public boolean default false,
  status text default 'pending',
  approved_quest_id uuid references public.quests (id),
  admin_notes text,
  created_at timestamptz default now(),
  reviewed_at timestamptz
);

create table public.friendships (
  id uuid primary key default gen_random_uuid(),
  requester_id uuid not null references public.users (id),
  addressee_id uuid not null references public.users (id),
  status text default 'pending',
  created_at timestamptz default now()
);

-- Everybody may look at a diploma that its student made public; the rest of the table is a guess.
create table public.diplomas (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id),
  slug text not null unique,
  is_public boolean not null default false,
  created_at timestamptz default now()
);
alter table public.diplomas enable row level security;
create policy "Public diplomas can be viewed by everyone" on public.diplomas
  for select using (is_public);
