-- check: R49 the database itself refuses values outside their lists
-- after: migrations
-- severity: error
-- covers: R49
with declared (table_name, column_name, allowed) as (
  values
    ('users', 'role', 'admin advisor parent student'),
    ('users', 'subscription_tier', 'academy free supported'),
    ('quests', 'source', 'brilliant custom khan_academy'),
    ('quest_tasks', 'pillar', 'arts_creativity language_communication life_wellness society_culture stem_logic'),
    ('user_skill_xp', 'pillar', 'arts_creativity language_communication life_wellness society_culture stem_logic'),
    ('quest_submissions', 'status', 'approved pending rejected'),
    ('team_requests', 'status', 'accepted expired pending rejected')
),
-- A list is printed as (column = ANY (ARRAY['a'::text, 'b'::text])); anything else is another rule.
found as (
  select
    case relname when 'friendships' then 'team_requests' else relname::text end as table_name,
    substring(definition from '^CHECK \(\((\w+) = ANY') as column_name,
    (
      select string_agg(value[1], ' ' order by value[1])
      from regexp_matches(definition, '''([^'']*)''', 'g') as value
    ) as allowed
  from pg_catalog.pg_constraint
  join pg_catalog.pg_class on pg_class.oid = conrelid
  cross join lateral (select pg_get_constraintdef(pg_constraint.oid) as definition) as printed
  where connamespace = 'public'::regnamespace and contype = 'c' and convalidated
    and definition ~ '^CHECK \(\(\w+ = ANY \(ARRAY\['
)
select format('%s.%s takes values outside the list (%s)', table_name, column_name, allowed) as problem
from (select * from declared except select * from found) as missing
order by table_name, column_name;
