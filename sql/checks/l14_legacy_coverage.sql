-- check: L14 every area code of lerg_codes is in enhanced_lerg
-- after: reference_data
-- severity: error
-- covers: R33
-- A table that may not exist can only be named inside a text that is run when it does.
with found (rows) as (
  select case when to_regclass('public.lerg_codes') is not null then query_to_xml(
    'select distinct npa_nxx as npa from public.lerg_codes where npa_nxx ~ ''^[0-9]{3}$''',
    true, false, ''
  ) end
)
select format('NPA %s of lerg_codes is not in enhanced_lerg', legacy.npa) as problem
from found
cross join xmltable('/table/row' passing rows columns npa text) as legacy
where not exists (select from public.enhanced_lerg where enhanced_lerg.npa = legacy.npa)
order by legacy.npa;
