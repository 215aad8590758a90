-- The three tables, nearly as declared: made by hand over many migrations.

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  subscription_status text,
  subscription_plan text,
  plan_expires_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  email text,
  subscription_id text,
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_at timestamptz,
  canceled_at timestamptz,
  last_payment_date timestamptz,
  cancel_at_period_end boolean,
  billing_period text,
  total_uploads integer default 0
);
alter table public.profiles enable row level security;
create policy "Users can view own profile" on public.profiles
  for select using (auth.uid() = id);
create policy "Users can update own profile" on public.profiles
  for update using (auth.uid() = id);

create table public.active_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id),
  session_token text not null unique,
  created_at timestamptz not null default now(),
  last_heartbeat timestamptz not null default now(),
  user_agent text,
  ip_address inet,
  browser_info jsonb,
  is_active boolean not null default true,
  constraint fk_profiles foreign key (user_id) references public.profiles (id)
);
alter table public.active_sessions enable row level security;
create policy "Users can view their own sessions" on public.active_sessions
  for select using (auth.uid() = user_id);

create table public.enhanced_lerg (
  id uuid primary key default gen_random_uuid(),
  npa text not null unique,
  country_code text not null,
  country_name text not null,
  state_province_code text,
  state_province_name text,
  category text not null constraint enhanced_lerg_category_check check (
    category in ('us-domestic', 'canadian', 'caribbean', 'pacific', 'us-territory')
  ),
  confidence_score integer not null default 100,
  source text not null default 'lerg',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint npa_format check (length(npa) = 3)
);
alter table public.enhanced_lerg enable row level security;
create policy "Authenticated users can view enhanced LERG data" on public.enhanced_lerg
  for select to authenticated using (true);

create function public.handle_new_user() returns trigger
language plpgsql security definer set search_path = public, auth as $$
begin
  insert into public.profiles (id, email, subscription_status, subscription_plan, plan_expires_at)
  values (new.id, new.email, 'trial', 'accelerator', now() + interval '7 days');
  return new;
end
$$;
create trigger on_auth_user_created
  after insert on auth.users
  for each row execute function public.handle_new_user();
