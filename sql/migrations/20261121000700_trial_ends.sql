-- The older sign-up logic gave every trial one fixed end, 2025-05-23, which is long past. Users who
-- were there before keep their access: their trial begins anew. Paying users have another end.

do $$
declare
  renewed integer;
begin
  update public.profiles
  set
    subscription_status = 'trial',
    subscription_plan = coalesce(subscription_plan, 'accelerator'),
    plan_expires_at = now() + interval '7 days',
    updated_at = now()
  where coalesce(subscription_status, 'trial') = 'trial'
    and subscription_id is null
    -- A day on both sides: the date was written without a time zone.
    and plan_expires_at >= '2025-05-22 00:00+00' and plan_expires_at < '2025-05-25 00:00+00';
  get diagnostics renewed = row_count;
  if renewed > 0 then
    raise notice 'Began % trials anew, whose end was the fixed date', renewed;
  end if;
end
$$;
