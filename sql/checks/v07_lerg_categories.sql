-- check: V7 the rows of each category are as many as in the declared file
-- after: reference_data
-- severity: error
-- covers: R30 R35
-- A row that an admin overrode counts as manual, so as many may be missing here.
with declared (category, rows) as (
  values
    ('us-domestic', 368),
    ('canadian', 55),
    ('caribbean', 21),
    ('us-territory', 3),
    ('pacific', 3)
),
found as (
  select category, count(*) filter (where source <> 'manual') as rows
  from public.enhanced_lerg
  group by category
),
manual as (select count(*) as rows from public.enhanced_lerg where source = 'manual')
select format(
    'category %s: declared %s rows, found %s',
    category, coalesce(declared.rows, 0), coalesce(found.rows, 0)
  ) as problem
from declared
full join found using (category)
cross join manual
where coalesce(found.rows, 0) > coalesce(declared.rows, 0)
  or coalesce(found.rows, 0) < declared.rows - manual.rows
  or declared.category is null
order by category;
