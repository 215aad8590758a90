-- What can be switched in apps that are on phones already. The rows of a stack are reference data.

create table public.feature_flags (
  key text primary key,
  enabled boolean not null,
  updated_at timestamptz not null default now()
);
comment on table public.feature_flags is
  'Switches that the app reads at its start; momentum_live off: it shows the last known score.';

alter table public.feature_flags enable row level security;
revoke all on public.feature_flags from public, anon, authenticated;
grant select on public.feature_flags to anon, authenticated;
create policy "Everyone reads the flags" on public.feature_flags
  for select to anon, authenticated
  using (true);

create function public.touch_feature_flag()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
revoke all on function public.touch_feature_flag() from public, anon, authenticated;
create trigger touch_feature_flag
  before update on public.feature_flags
  for each row when (old.enabled is distinct from new.enabled)
  execute function public.touch_feature_flag();
