-- check: V10 the policies are exactly the ten declared, by name, command, role and condition
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R23
with declared (table_name, name, command, roles, using_condition, with_check) as (
  values
    ('profiles', 'Users can view own profile', 'SELECT', '{public}',
      'auth.uid() = id', null),
    ('profiles', 'Users can update own profile', 'UPDATE', '{public}',
      'auth.uid() = id', 'auth.uid() = id'),
    ('active_sessions', 'Users can view their own sessions', 'SELECT', '{public}',
      'auth.uid() = user_id', null),
    ('active_sessions', 'Users can insert their own sessions', 'INSERT', '{public}',
      null, 'auth.uid() = user_id'),
    ('active_sessions', 'Users can update their own sessions', 'UPDATE', '{public}',
      'auth.uid() = user_id', 'auth.uid() = user_id'),
    ('active_sessions', 'Users can delete their own sessions', 'DELETE', '{public}',
      'auth.uid() = user_id', null),
    ('enhanced_lerg', 'Authenticated users can view enhanced LERG data', 'SELECT',
      '{authenticated}', 'true', null),
    ('enhanced_lerg', 'Service role can insert enhanced LERG data', 'INSERT',
      '{service_role}', null, 'true'),
    ('enhanced_lerg', 'Service role can update enhanced LERG data', 'UPDATE',
      '{service_role}', 'true', 'true'),
    ('enhanced_lerg', 'Service role can delete enhanced LERG data', 'DELETE',
      '{service_role}', 'true', null)
),
-- The server prints (select auth.uid()) = id as (( SELECT auth.uid() AS uid) = id).
found as (
  select
    tablename::text as table_name,
    policyname::text as name,
    cmd as command,
    roles::text as roles,
    regexp_replace(qual, '^\(\( SELECT auth\.uid\(\) AS uid\) = (\w+)\)$', 'auth.uid() = \1')
      as using_condition,
    regexp_replace(with_check, '^\(\( SELECT auth\.uid\(\) AS uid\) = (\w+)\)$', 'auth.uid() = \1')
      as with_check,
    permissive
  from pg_catalog.pg_policies
  where schemaname = 'public' and tablename in ('profiles', 'active_sessions', 'enhanced_lerg')
)
select format(
    '%s, policy "%s": declared %s, found %s',
    table_name, name, coalesce(declared::text, 'nothing'), coalesce(found::text, 'nothing')
  ) as problem
from declared
full join found using (table_name, name)
where (declared.command, declared.roles, declared.using_condition, declared.with_check, 'PERMISSIVE')
  is distinct from
  (found.command, found.roles, found.using_condition, found.with_check, found.permissive)
order by table_name, name;
