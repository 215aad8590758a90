-- Two tables, six policies on one of them (four are duplicates), two sign-up triggers.

create table public.profiles (
  id uuid primary key references auth.users (id),
  subscription_status text,
  subscription_plan text,
  plan_expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz
);
alter table public.profiles enable row level security;
create policy "Users can view own profile" on public.profiles
  for select using (auth.uid() = id);
create policy "Users can update own profile" on public.profiles
  for update using (auth.uid() = id);
create policy "Enable read access for own profile" on public.profiles
  for select to authenticated using (auth.uid() = id);
create policy "Enable update for users based on id" on public.profiles
  for update to authenticated using (auth.uid() = id) with check (auth.uid() = id);
create policy "Enable insert for authenticated users" on public.profiles
  for insert to authenticated with check (auth.uid() = id);
create policy "profiles_select_own" on public.profiles
  for select using (id = auth.uid());

create table public.lerg_codes (
  npa_nxx text,
  state text,
  country text,
  created_at timestamptz
);

create function public.handle_new_user() returns trigger
language plpgsql security definer as $$
begin
  insert into public.profiles (id, updated_at) values (new.id, now());
  return new;
end
$$;
create trigger on_auth_user_created
  after insert on auth.users
  for each row execute function public.handle_new_user();

create function public.handle_new_user_trial() returns trigger
language plpgsql security definer as $$
begin
  update public.profiles
  set subscription_status = 'trial', plan_expires_at = '2025-05-23 23:59:59+00'
  where id = new.id;
  return new;
end
$$;
create trigger on_auth_user_created_set_trial
  after insert on auth.users
  for each row execute function public.handle_new_user_trial();
