-- The three retired names of subscription tiers become today's, paired by rank.

do $$
declare
  matched integer;
  changed integer;
  strangers integer;
begin
  insert into stackwright.before_images (step, table_name, row_key, before)
  select 'tiers', 'users', id::text, jsonb_build_object('subscription_tier', subscription_tier)
  from public.users
  where subscription_tier in ('explorer', 'creator', 'visionary')
  on conflict do nothing;
  get diagnostics matched = row_count;

  update public.users
  set subscription_tier = case subscription_tier
      when 'explorer' then 'free'
      when 'creator' then 'supported'
      when 'visionary' then 'academy'
    end
  where subscription_tier in ('explorer', 'creator', 'visionary');
  get diagnostics changed = row_count;

  select count(*) into strangers
  from public.users
  where subscription_tier not in ('free', 'supported', 'academy');

  raise notice 'users.subscription_tier: % rows matched, % changed, % left outside the list',
    matched, changed, strangers;
end
$$;
