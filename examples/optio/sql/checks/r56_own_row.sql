-- check: R56 no signed-in user can change the own role, tier, customer id or id
-- after: migrations
-- severity: error
-- covers: R56
select format('%s may change users.%s', role, attname) as problem
from pg_catalog.pg_attribute
cross join unnest(array['anon', 'authenticated']) as role
where attrelid = to_regclass('public.users')
  and attname in ('id', 'role', 'subscription_tier', 'stripe_customer_id')
  and has_column_privilege(role, attrelid, attnum, 'UPDATE')
order by 1;
