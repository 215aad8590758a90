-- check: R62 nothing that the audit of 3 September 2024 counted has become less
-- after: migrations
-- severity: warn
-- covers: R62
-- Only where the audit's data are: a new database has none of these rows.
select format('%s has %s rows, the audit counted %s', name, found, counted) as problem
from (values
  ('users', 9), ('quests', 6), ('quest_tasks', 38), ('user_skill_xp', 45), ('user_quests', 8),
  ('diplomas', 27)
) as audit (name, counted)
cross join lateral (
  select (xpath('//n/text()', query_to_xml(
      format('select count(*) as n from public.%I', name), false, true, ''
    )))[1]::text::integer as found
) as now
where found < counted and exists (select from public.diplomas);
