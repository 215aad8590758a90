-- check: V6 every NPA is three digits and stands once
-- after: reference_data
-- severity: error
-- covers: R29 R30
select format('NPA "%s" is not three digits', npa) as problem
from public.enhanced_lerg
where npa !~ '^[0-9]{3}$'
union all
select format('NPA %s stands %s times', npa, count(*))
from public.enhanced_lerg
group by npa
having count(*) > 1;
