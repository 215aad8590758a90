-- check: V1 active_sessions has exactly its columns
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R14
with declared (position, name, type, nullable, default_value) as (
  values
    (1, 'id', 'uuid', false, 'gen_random_uuid()'),
    (2, 'user_id', 'uuid', false, null),
    (3, 'session_token', 'text', false, null),
    (4, 'created_at', 'timestamp with time zone', false, 'now()'),
    (5, 'last_heartbeat', 'timestamp with time zone', false, 'now()'),
    (6, 'user_agent', 'text', true, null),
    (7, 'ip_address', 'inet', true, null),
    (8, 'browser_info', 'jsonb', true, null),
    (9, 'is_active', 'boolean', false, 'true')
),
found as (
  select
    (row_number() over (order by ordinal_position))::integer as position,
    column_name::text as name,
    data_type::text as type,
    is_nullable = 'YES' as nullable,
    column_default::text as default_value
  from information_schema.columns
  where table_schema = 'public' and table_name = 'active_sessions'
)
select format(
    'active_sessions, column %s: declared %s, found %s',
    coalesce(declared.name, found.name),
    coalesce(declared::text, 'nothing'),
    coalesce(found::text, 'nothing')
  ) as problem
from declared
full join found using (name)
where declared::text is distinct from found::text
order by coalesce(declared.position, found.position);
