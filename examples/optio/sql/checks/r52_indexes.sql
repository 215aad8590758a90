-- check: R52 the three indexes by which the product looks things up exist and are usable
-- after: migrations
-- severity: error
-- covers: R52
with declared (table_name, name, column_name) as (
  values
    ('user_quests', 'idx_user_quests_user_id', 'user_id'),
    ('quest_task_completions', 'idx_quest_task_completions_user_id', 'user_id'),
    ('quest_tasks', 'idx_quest_tasks_quest_id', 'quest_id')
),
found as (
  select
    index_class.relname::text as name,
    table_class.relname::text as table_name,
    pg_get_indexdef(indexrelid, 1, false) as column_name,
    indisvalid and indnatts = 1 and indpred is null as usable
  from pg_catalog.pg_index
  join pg_catalog.pg_class as index_class on index_class.oid = indexrelid
  join pg_catalog.pg_class as table_class on table_class.oid = indrelid
  where table_class.relnamespace = 'public'::regnamespace
)
select format(
    'index %s on %s (%s): found %s', declared.name, declared.table_name, declared.column_name,
    coalesce(found::text, 'nothing')
  ) as problem
from declared
left join found using (name)
where (declared.table_name, declared.column_name, true)
  is distinct from (found.table_name, found.column_name, found.usable)
order by declared.name;
