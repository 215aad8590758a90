-- check: R12 the policies are exactly the declared ones, by name, command, role and condition
-- after: migrations
-- severity: error
-- covers: R12 R13 R15
-- Conditions stand here as the server prints them, with `own` for "the caller's row".
with declared (table_name, name, command, roles, using_condition, with_check) as (
  values
    ('engagement_events', 'Users handle the own events', 'ALL', '{authenticated}', 'own', 'own'),
    ('daily_engagement_scores', 'Users view the own scores', 'SELECT', '{authenticated}', 'own', null),
    ('user_fcm_tokens', 'Users handle the own tokens', 'ALL', '{authenticated}', 'own', 'own'),
    ('today_feed_items', 'Users view what is published', 'SELECT', '{authenticated}',
      '(published_at <= now())', null),
    ('push_notifications', 'Users view the own notifications', 'SELECT', '{authenticated}', 'own', null),
    ('feature_flags', 'Everyone reads the flags', 'SELECT', '{anon,authenticated}', 'true', null)
),
found as (
  select
    tablename::text as table_name, policyname::text as name, cmd as command,
    roles::text as roles, permissive,
    replace(qual, '(( SELECT auth.uid() AS uid) = user_id)', 'own') as using_condition,
    replace(with_check, '(( SELECT auth.uid() AS uid) = user_id)', 'own') as with_check
  from pg_catalog.pg_policies
  where schemaname = 'public'
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
