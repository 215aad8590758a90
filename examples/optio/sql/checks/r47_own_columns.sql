-- check: R47 what production has and the declaration does not name
-- after: migrations
-- severity: warn
-- covers: R47
-- Production wins, so such tables and columns stay; they are listed. `diplomas` is production's own.
with declared (table_name, columns) as (
  values
    ('users', 'id username first_name last_name role subscription_tier stripe_customer_id created_at updated_at'),
    ('quests', 'id title description source is_active created_by created_at'),
    ('quest_tasks', 'id quest_id title description pillar xp_value order_index is_required created_at'),
    ('quest_task_completions', 'id user_id quest_id task_id evidence_url evidence_text completed_at'),
    ('user_skill_xp', 'user_id pillar xp_amount updated_at'),
    ('user_quests', 'user_id quest_id is_active started_at completed_at'),
    ('quest_submissions', 'id user_id title description suggested_tasks make_public status approved_quest_id admin_notes created_at reviewed_at'),
    ('friendships', 'id requester_id addressee_id status created_at responded_at'),
    ('team_requests', 'id sender_id recipient_id status created_at responded_at')
)
select format('the table %s is not declared; it stays', relname) as problem
from pg_catalog.pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
  and relname not in (select table_name from declared) and relname <> 'diplomas'
union all
select format('%s.%s is not declared; it stays', relname, attname)
from pg_catalog.pg_class
join pg_catalog.pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
join declared on table_name = relname
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
  and attname::text <> all (string_to_array(columns, ' '))
order by 1;
