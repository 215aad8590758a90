-- check: V5 enhanced_lerg has 450 rows beside those that admins added
-- after: reference_data
-- severity: error
-- covers: R29 R36
with counted as (
  select count(*) as total, count(*) filter (where source <> 'manual') as declared
  from public.enhanced_lerg
)
select case
    when total < 400 then format('data loss: %s rows, fewer than 400; reload the reference data', total)
    when total < 450 then format('%s rows, expected at least 450', total)
    else format('%s rows that no admin entered, expected at most 450', declared)
  end as problem
from counted
where total < 450 or declared > 450;
