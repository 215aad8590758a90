-- check: R108 no trial ends on the fixed date of the older sign-up logic
-- after: migrations
-- severity: error
-- covers: R108
select format('profile %s: the trial ended on %s', id, plan_expires_at::date) as problem
from public.profiles
where coalesce(subscription_status, 'trial') = 'trial'
  and subscription_id is null
  and plan_expires_at >= '2025-05-22 00:00+00' and plan_expires_at < '2025-05-25 00:00+00'
order by id;
