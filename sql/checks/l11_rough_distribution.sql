-- check: L11 the categories are roughly as many as the product expects
-- after: reference_data
-- severity: warn
-- covers: R35
-- The figures are rough and know no Pacific; the tolerance, in rows, is the one thing to change here.
with tolerance (rows) as (values (75)),
expected (category, rows) as (
  values ('us-domestic', 300), ('canadian', 50), ('caribbean', 50), ('us-territory', 50)
)
select format(
    'category %s: %s rows, expected about %s', expected.category, found.rows, expected.rows
  ) as problem
from expected
cross join tolerance
cross join lateral (
  select count(*) as rows from public.enhanced_lerg where category = expected.category
) as found
where abs(found.rows - expected.rows) > tolerance.rows;
