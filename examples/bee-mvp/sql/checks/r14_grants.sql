-- check: R14 anon and signed-in users hold the declared rights and none beyond
-- after: migrations
-- severity: error
-- covers: R14 R15 R18
-- A right on some columns only is beyond the declaration as well.
with declared (table_name, grantee, rights) as (
  values
    ('engagement_events', 'authenticated', 'DELETE INSERT SELECT UPDATE'),
    ('daily_engagement_scores', 'authenticated', 'SELECT'),
    ('user_fcm_tokens', 'authenticated', 'DELETE INSERT SELECT UPDATE'),
    ('today_feed_items', 'authenticated', 'SELECT'),
    ('push_notifications', 'authenticated', 'SELECT'),
    ('feature_flags', 'authenticated', 'SELECT'),
    ('feature_flags', 'anon', 'SELECT')
),
product as (
  select oid, relname::text as table_name, relowner, relacl
  from pg_catalog.pg_class
  where relnamespace = 'public'::regnamespace and relname in (
    'engagement_events', 'daily_engagement_scores', 'user_fcm_tokens', 'today_feed_items',
    'push_notifications', 'function_call_logs', 'feature_flags'
  )
),
held as (
  select table_name, acl.grantee, acl.privilege_type as privilege
  from product
  cross join aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl
  union all
  select table_name, acl.grantee, acl.privilege_type || '(' || attname || ')'
  from product
  join pg_catalog.pg_attribute on attrelid = product.oid and attacl is not null
  cross join aclexplode(attacl) as acl
),
found as (
  select table_name, role as grantee, string_agg(privilege, ' ' order by privilege) as rights
  from held
  cross join lateral (
    select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as role
  ) as named
  where role in ('public', 'anon', 'authenticated')
  group by table_name, role
)
select format(
    '%s: %s may %s, declared is %s', table_name, grantee,
    coalesce(found.rights, 'nothing'), coalesce(declared.rights, 'nothing')
  ) as problem
from declared
full join found using (table_name, grantee)
where declared.rights is distinct from found.rights
order by 1;
