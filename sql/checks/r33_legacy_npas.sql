-- check: R33 no area code is there from lerg_codes only
-- after: reference_data
-- severity: error
-- covers: R33
-- The copy gives score 85 and the declared file overwrites it; what keeps it is not in the file.
-- Somebody must decide: take it into the file, or delete the row.
select format('NPA %s was copied from lerg_codes and is not in the declared file', npa) as problem
from public.enhanced_lerg
where source = 'lerg' and confidence_score = 85
order by npa;
