-- check: R33_rows every row of lerg_codes is an area code
-- after: migrations
-- severity: warn
-- covers: R33 R34
-- A table that may not exist can only be named inside a text that is run when it does.
with found (rows) as (
  select case when to_regclass('public.lerg_codes') is not null then query_to_xml(
    'select coalesce(quote_literal(npa_nxx), ''null'') as npa, count(*) as times'
    ' from public.lerg_codes where npa_nxx is null or npa_nxx !~ ''^[0-9]{3}$'''
    ' group by npa_nxx', true, false, ''
  ) end
)
select format('npa_nxx %s is no area code and was not copied (rows: %s)', npa, times) as problem
from found
cross join xmltable('/table/row' passing rows columns npa text, times text) as legacy
order by npa;
