-- check: R16 the log of function calls has its columns and its index, newest first
-- after: migrations
-- severity: error
-- covers: R16
with declared (name, type, nullable, default_value) as (
  values
    ('id', 'bigint', false, null),
    ('function_name', 'text', false, null),
    ('user_id', 'uuid', true, null),
    ('execution_time_ms', 'integer', false, null),
    ('success', 'boolean', false, null),
    ('error_message', 'text', true, null),
    ('created_at', 'timestamp with time zone', false, 'now()')
),
found as (
  select column_name::text as name, data_type::text as type, is_nullable = 'YES' as nullable,
    column_default::text as default_value
  from information_schema.columns
  where table_schema = 'public' and table_name = 'function_call_logs'
)
select format('function_call_logs.%s: declared %s, found %s', name,
    coalesce(declared::text, 'nothing'), coalesce(found::text, 'nothing')) as problem
from declared
full join found using (name)
where declared::text is distinct from found::text
union all
select 'no index of function_call_logs is by function and time, newest first'
where not exists (
  select
  from pg_catalog.pg_index
  where indrelid = to_regclass('public.function_call_logs') and indisvalid
    and pg_get_indexdef(indexrelid) like '%(function_name, created_at DESC)'
)
union all
select 'function_call_logs takes a negative time'
where not exists (
  select
  from pg_catalog.pg_constraint
  where conrelid = to_regclass('public.function_call_logs') and contype = 'c' and convalidated
    and pg_get_constraintdef(pg_constraint.oid) = 'CHECK ((execution_time_ms >= 0))'
);
