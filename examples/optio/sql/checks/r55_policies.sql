-- check: R55 the policies are exactly the declared ones, by name, command, role and condition
-- after: migrations
-- severity: error
-- covers: R54 R55
-- `diplomas` has production's own. Conditions stand here as the server prints them, with `uid` and
-- `is_admin` for the two subqueries.
with declared (table_name, name, command, roles, using_condition, with_check) as (
  values
    ('users', 'Users view the own row, admins all', 'SELECT', '{authenticated}',
      '((uid = id) OR is_admin)', null),
    ('users', 'Users update the own row', 'UPDATE', '{authenticated}', '(uid = id)', '(uid = id)'),
    ('quests', 'Everyone views active quests', 'SELECT', '{anon,authenticated}', 'is_active', null),
    ('quests', 'Users view the own quests', 'SELECT', '{authenticated}', '(uid = created_by)', null),
    ('quests', 'Admins view and write all quests', 'ALL', '{authenticated}', 'is_admin', 'is_admin'),
    ('quest_tasks', 'Everyone views the tasks of visible quests', 'SELECT', '{anon,authenticated}',
      '(quest_id IN ( SELECT quests.id FROM quests))', null),
    ('quest_tasks', 'Admins write tasks', 'ALL', '{authenticated}', 'is_admin', 'is_admin'),
    ('quest_task_completions', 'Users view the own completions, admins all', 'SELECT',
      '{authenticated}', '((uid = user_id) OR is_admin)', null),
    ('quest_task_completions', 'Users insert the own completions', 'INSERT', '{authenticated}',
      null, '(uid = user_id)'),
    ('user_skill_xp', 'Users view the own XP, admins all', 'SELECT', '{authenticated}',
      '((uid = user_id) OR is_admin)', null),
    ('user_quests', 'Users view the own quests, admins all', 'SELECT', '{authenticated}',
      '((uid = user_id) OR is_admin)', null),
    ('user_quests', 'Users start quests', 'INSERT', '{authenticated}', null, '(uid = user_id)'),
    ('user_quests', 'Users update the own quests', 'UPDATE', '{authenticated}',
      '(uid = user_id)', '(uid = user_id)'),
    ('quest_submissions', 'Users view the own submissions, admins all', 'SELECT', '{authenticated}',
      '((uid = user_id) OR is_admin)', null),
    ('quest_submissions', 'Users hand in pending submissions', 'INSERT', '{authenticated}', null,
      '((uid = user_id) AND (status = ''pending''::text) AND (approved_quest_id IS NULL) AND (admin_notes IS NULL) AND (reviewed_at IS NULL))'),
    ('quest_submissions', 'Admins review submissions', 'UPDATE', '{authenticated}',
      'is_admin', 'is_admin'),
    ('team_requests', 'Both parties view a request, admins all', 'SELECT', '{authenticated}',
      '(((uid = sender_id) OR (uid = recipient_id)) OR is_admin)', null),
    ('team_requests', 'Users send pending requests', 'INSERT', '{authenticated}', null,
      '((uid = sender_id) AND (status = ''pending''::text))'),
    ('team_requests', 'Recipients answer a request', 'UPDATE', '{authenticated}',
      '((uid = recipient_id) AND (status = ''pending''::text))',
      '((uid = recipient_id) AND (status = ANY (ARRAY[''accepted''::text, ''rejected''::text])))')
),
printed as (
  select tablename::text, policyname::text, cmd, roles::text, permissive, side, text
  from pg_catalog.pg_policies
  cross join lateral (values ('using', qual), ('check', with_check)) as sides (side, text)
  where schemaname = 'public' and tablename <> 'diplomas'
),
found as (
  select
    case tablename when 'friendships' then 'team_requests' else tablename end as table_name,
    policyname as name, cmd as command, roles, permissive,
    max(shortened) filter (where side = 'using') as using_condition,
    max(shortened) filter (where side = 'check') as with_check
  from printed
  cross join lateral (
    select replace(replace(replace(replace(regexp_replace(text, '\s+', ' ', 'g'),
      '( SELECT auth.uid() AS uid)', 'uid'),
      '( SELECT private.is_admin() AS is_admin)', 'is_admin'),
      'requester_id', 'sender_id'),
      'addressee_id', 'recipient_id') as shortened
  ) as short
  group by tablename, policyname, cmd, roles, permissive
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
