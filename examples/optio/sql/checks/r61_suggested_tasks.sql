-- check: R61_suggestions submissions that suggest tasks under a retired pillar
-- after: migrations
-- severity: warn
-- covers: R61
-- What a user wrote is not rewritten; who reviews the submission picks the pillar.
select format('submission %s suggests a task under %s', id, string_agg(distinct value #>> '{}', ', ')) as problem
from public.quest_submissions
cross join lateral jsonb_path_query(suggested_tasks, '$.**.pillar') as value
where value #>> '{}' in (
  'critical_thinking', 'practical_skills', 'communication', 'cultural_literacy', 'creativity'
)
group by id
order by id;
