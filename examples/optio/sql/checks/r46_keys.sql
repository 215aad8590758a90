-- check: R46_keys each table has its primary key, its unique keys and its foreign keys
-- after: migrations
-- severity: error
-- covers: R46
with declared (table_name, kind, columns, target) as (
  values
    ('users', 'p', 'id', null),
    ('users', 'u', 'username', null),
    ('users', 'f', 'id', 'auth.users'),
    ('quests', 'p', 'id', null),
    ('quests', 'f', 'created_by', 'users'),
    ('quest_tasks', 'p', 'id', null),
    ('quest_tasks', 'f', 'quest_id', 'quests'),
    ('quest_task_completions', 'p', 'id', null),
    ('quest_task_completions', 'u', 'task_id user_id', null),
    ('quest_task_completions', 'f', 'user_id', 'users'),
    ('quest_task_completions', 'f', 'quest_id', 'quests'),
    ('quest_task_completions', 'f', 'task_id', 'quest_tasks'),
    ('user_skill_xp', 'p', 'pillar user_id', null),
    ('user_skill_xp', 'f', 'user_id', 'users'),
    ('user_quests', 'p', 'quest_id user_id', null),
    ('user_quests', 'f', 'user_id', 'users'),
    ('user_quests', 'f', 'quest_id', 'quests'),
    ('quest_submissions', 'p', 'id', null),
    ('quest_submissions', 'f', 'user_id', 'users'),
    ('quest_submissions', 'f', 'approved_quest_id', 'quests'),
    ('team_requests', 'p', 'id', null),
    ('team_requests', 'f', 'sender_id', 'users'),
    ('team_requests', 'f', 'recipient_id', 'users')
),
found as (
  select
    case relname when 'friendships' then 'team_requests' else relname::text end as table_name,
    contype::text as kind,
    (
      select string_agg(
          case attname
            when 'requester_id' then 'sender_id'
            when 'addressee_id' then 'recipient_id'
            else attname::text
          end, ' ' order by attname
        )
      from pg_catalog.pg_attribute
      where attrelid = conrelid and attnum = any (conkey)
    ) as columns,
    (
      select case relnamespace
          when 'public'::regnamespace then relname::text
          else relnamespace::regnamespace || '.' || relname
        end
      from pg_catalog.pg_class as target
      where target.oid = confrelid
    ) as target
  from pg_catalog.pg_constraint
  join pg_catalog.pg_class on pg_class.oid = conrelid
  where connamespace = 'public'::regnamespace and convalidated
)
select format(
    '%s lacks its %s on (%s)%s', table_name,
    case kind when 'p' then 'primary key' when 'u' then 'unique key' else 'foreign key' end,
    columns, ' to ' || target
  ) as problem
from (select * from declared except select * from found) as missing
order by table_name, kind, columns;
