-- check: V2 profiles has its columns
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R16
-- An older table may have columns of its own beside the declared ones, and its own order.
with declared (name, type, nullable, default_value) as (
  values
    ('id', 'uuid', false, null),
    ('subscription_status', 'text', null, null),
    ('subscription_plan', 'text', null, null),
    ('plan_expires_at', 'timestamp with time zone', null, null),
    ('created_at', 'timestamp with time zone', null, 'now()'),
    ('updated_at', 'timestamp with time zone', null, 'now()'),
    ('email', 'text', true, null),
    ('subscription_id', 'text', true, null),
    ('current_period_start', 'timestamp with time zone', true, null),
    ('current_period_end', 'timestamp with time zone', true, null),
    ('cancel_at', 'timestamp with time zone', true, null),
    ('canceled_at', 'timestamp with time zone', true, null),
    ('last_payment_date', 'timestamp with time zone', true, null),
    ('cancel_at_period_end', 'boolean', true, 'false'),
    ('billing_period', 'text', true, null),
    ('total_uploads', 'integer', true, '0')
),
found as (
  select
    column_name::text as name,
    data_type::text as type,
    is_nullable = 'YES' as nullable,
    column_default::text as default_value
  from information_schema.columns
  where table_schema = 'public' and table_name = 'profiles'
)
select format(
    'profiles, column %s: declared %s, found %s',
    name, declared::text, coalesce(found::text, 'nothing')
  ) as problem
from declared
left join found using (name)
where found.name is null
  or declared.type <> found.type
  or declared.nullable <> found.nullable
  or (declared.default_value is distinct from found.default_value
    and name not in ('subscription_status', 'subscription_plan', 'plan_expires_at'))
order by name;
