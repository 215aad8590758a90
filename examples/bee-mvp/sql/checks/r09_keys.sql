-- check: R9_keys rows belong to users, and what must be there once is there once
-- after: migrations
-- severity: error
-- covers: R9
with declared (table_name, kind, columns) as (
  values
    ('engagement_events', 'u', 'event_key user_id'),
    ('daily_engagement_scores', 'u', 'score_date user_id'),
    ('user_fcm_tokens', 'u', 'token'),
    ('engagement_events', 'f', 'user_id'),
    ('daily_engagement_scores', 'f', 'user_id'),
    ('user_fcm_tokens', 'f', 'user_id'),
    ('push_notifications', 'f', 'user_id'),
    ('daily_engagement_scores', 'c', 'score')
),
found as (
  select relname::text as table_name, contype::text as kind, (
      select string_agg(attname::text, ' ' order by attname)
      from pg_catalog.pg_attribute
      where attrelid = conrelid and attnum = any (conkey)
    ) as columns
  from pg_catalog.pg_constraint
  join pg_catalog.pg_class on pg_class.oid = conrelid
  where connamespace = 'public'::regnamespace and convalidated
    and (contype <> 'f' or confrelid = 'auth.users'::regclass)
)
select format(
    '%s lacks its %s (%s)', table_name,
    case kind when 'u' then 'unique key' when 'f' then 'foreign key to auth.users'
      else 'limits of' end,
    columns
  ) as problem
from (select * from declared except select * from found) as missing
order by table_name, kind;
