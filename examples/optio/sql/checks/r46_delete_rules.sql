-- check: R46_delete only the tasks of a quest go with it; nothing else follows a deleted row
-- after: migrations
-- severity: error
-- covers: R46
select format(
    '%s: the foreign key %s does %s when its target is deleted, declared is %s',
    conrelid::regclass, conname,
    case confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default'
      else 'nothing' end,
    case when is_task then 'cascade' else 'nothing' end
  ) as problem
from pg_catalog.pg_constraint
cross join lateral (
  select conrelid = to_regclass('public.quest_tasks')
    and confrelid = to_regclass('public.quests') as is_task
) as declared
where connamespace = 'public'::regnamespace
  and contype = 'f'
  and case when is_task then confdeltype <> 'c' else confdeltype in ('c', 'n', 'd') end
order by 1;
