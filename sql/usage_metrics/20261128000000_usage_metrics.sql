-- Off by default (`usage_metrics` of the stack). The papers name a table and a view for billing by
-- usage and define no column of either: what stands here is an ASSUMPTION, to be replaced by what
-- staging has before anybody builds on it.

create table public.usage_metrics (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id) on delete cascade,
  metric text not null,
  quantity integer not null default 1 check (quantity > 0),
  recorded_at timestamptz not null default now()
);

comment on table public.usage_metrics is
  'Usage that may be billed. Its columns are assumed: the papers name the table only.';

create index idx_usage_metrics_user_id on public.usage_metrics (user_id, recorded_at);

alter table public.usage_metrics enable row level security;

create policy "Users can view their own usage"
  on public.usage_metrics for select using (auth.uid() = user_id);

-- A new Supabase project grants everything to everybody.
revoke all on public.usage_metrics from anon, authenticated;
grant select on public.usage_metrics to authenticated;
grant select, insert on public.usage_metrics to service_role;

create view public.user_usage_stats with (security_invoker = true) as
select user_id, metric, sum(quantity) as quantity, max(recorded_at) as last_recorded_at
from public.usage_metrics
group by user_id, metric;

comment on view public.user_usage_stats is
  'Usage by user and metric, under the policies of usage_metrics. Assumed, as that is.';

revoke all on public.user_usage_stats from anon, authenticated;
grant select on public.user_usage_stats to authenticated, service_role;
