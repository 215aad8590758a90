-- check: R46 the tables have the columns of the declaration, with their types and defaults
-- after: migrations
-- severity: error
-- covers: R46
-- `friendships` is the same table before its renaming. Of `diplomas` only the table is declared.
with declared (table_name, name, type, default_value) as (
  values
    ('users', 'id', 'uuid', null),
    ('users', 'username', 'text', null),
    ('users', 'first_name', 'text', null),
    ('users', 'last_name', 'text', null),
    ('users', 'role', 'text', '?'),
    ('users', 'subscription_tier', 'text', '''free''::text'),
    ('users', 'stripe_customer_id', 'text', null),
    ('users', 'created_at', 'timestamp with time zone', 'now()'),
    ('users', 'updated_at', 'timestamp with time zone', 'now()'),
    ('quests', 'id', 'uuid', 'gen_random_uuid()'),
    ('quests', 'title', 'text', null),
    ('quests', 'description', 'text', null),
    ('quests', 'source', 'text', null),
    ('quests', 'is_active', 'boolean', 'true'),
    ('quests', 'created_by', 'uuid', null),
    ('quests', 'created_at', 'timestamp with time zone', 'now()'),
    ('quest_tasks', 'id', 'uuid', 'gen_random_uuid()'),
    ('quest_tasks', 'quest_id', 'uuid', null),
    ('quest_tasks', 'title', 'text', null),
    ('quest_tasks', 'description', 'text', null),
    ('quest_tasks', 'pillar', 'text', null),
    ('quest_tasks', 'xp_value', 'integer', '100'),
    ('quest_tasks', 'order_index', 'integer', null),
    ('quest_tasks', 'is_required', 'boolean', '?'),
    ('quest_tasks', 'created_at', 'timestamp with time zone', 'now()'),
    ('quest_task_completions', 'id', 'uuid', 'gen_random_uuid()'),
    ('quest_task_completions', 'user_id', 'uuid', null),
    ('quest_task_completions', 'quest_id', 'uuid', null),
    ('quest_task_completions', 'task_id', 'uuid', null),
    ('quest_task_completions', 'evidence_url', 'text', null),
    ('quest_task_completions', 'evidence_text', 'text', null),
    ('quest_task_completions', 'completed_at', 'timestamp with time zone', 'now()'),
    ('user_skill_xp', 'user_id', 'uuid', null),
    ('user_skill_xp', 'pillar', 'text', null),
    ('user_skill_xp', 'xp_amount', 'integer', '0'),
    ('user_skill_xp', 'updated_at', 'timestamp with time zone', 'now()'),
    ('user_quests', 'user_id', 'uuid', null),
    ('user_quests', 'quest_id', 'uuid', null),
    ('user_quests', 'is_active', 'boolean', 'true'),
    ('user_quests', 'started_at', 'timestamp with time zone', 'now()'),
    ('user_quests', 'completed_at', 'timestamp with time zone', null),
    ('quest_submissions', 'id', 'uuid', 'gen_random_uuid()'),
    ('quest_submissions', 'user_id', 'uuid', null),
    ('quest_submissions', 'title', 'text', null),
    ('quest_submissions', 'description', 'text', null),
    ('quest_submissions', 'suggested_tasks', 'jsonb', null),
    ('quest_submissions', 'make_public', 'boolean', 'false'),
    ('quest_submissions', 'status', 'text', '''pending''::text'),
    ('quest_submissions', 'approved_quest_id', 'uuid', null),
    ('quest_submissions', 'admin_notes', 'text', null),
    ('quest_submissions', 'created_at', 'timestamp with time zone', 'now()'),
    ('quest_submissions', 'reviewed_at', 'timestamp with time zone', null),
    ('team_requests', 'id', 'uuid', 'gen_random_uuid()'),
    ('team_requests', 'sender_id', 'uuid', null),
    ('team_requests', 'recipient_id', 'uuid', null),
    ('team_requests', 'status', 'text', '''pending''::text'),
    ('team_requests', 'created_at', 'timestamp with time zone', 'now()'),
    ('team_requests', 'responded_at', 'timestamp with time zone', null)
),
tables as (
  select
    relname::text as table_name,
    case relname when 'friendships' then 'team_requests' else relname::text end as declared_name
  from pg_catalog.pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
),
found as (
  select
    tables.declared_name as table_name,
    case column_name
      when 'requester_id' then 'sender_id'
      when 'addressee_id' then 'recipient_id'
      else column_name::text
    end as name,
    data_type::text as type,
    column_default::text as default_value
  from information_schema.columns
  join tables using (table_name)
  where table_schema = 'public'
)
select format(
    '%s.%s: declared %s with the default %s, found %s',
    table_name, name, declared.type, coalesce(declared.default_value, 'none'),
    coalesce(found.type || ' with the default ' || coalesce(found.default_value, 'none'), 'nothing')
  ) as problem
from declared
left join found using (table_name, name)
where declared.type is distinct from found.type
  or declared.default_value is distinct from found.default_value and declared.default_value <> '?'
  or declared.default_value is null and found.default_value is not null
union all
select 'the table diplomas does not exist'
where to_regclass('public.diplomas') is null;
