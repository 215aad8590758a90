-- check: L12 enhanced_lerg has no fewer rows than after the last load
-- after: reference_data
-- severity: error
-- covers: R36
-- Each load counts the table, rows of admins included. A table that may not exist can only be named
-- inside a text that is run when it does.
with recorded (rows) as (
  select case when to_regclass('stackwright.reference_data') is not null then query_to_xml(
    'select rows, applied_at from stackwright.reference_data'
    ' where table_name = ''public.enhanced_lerg''',
    true, false, ''
  ) end
)
select format(
    '%s rows, and %s after the load of %s: %s are lost',
    present.rows, last.rows, last.applied_at, last.rows - present.rows
  ) as problem
from recorded
cross join xmltable('/table/row' passing rows columns rows bigint, applied_at text) as last
cross join (select count(*) as rows from public.enhanced_lerg) as present
where present.rows < last.rows;
