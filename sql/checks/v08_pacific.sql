-- check: V8 670, 671 and 684 are pacific, and 438 is there
-- after: reference_data
-- severity: error
-- covers: R31 R32
select format(
    'NPA %s: declared %s, found %s', npa, declared.category, coalesce(found.category, 'nothing')
  ) as problem
from (values
  ('670', 'pacific'), ('671', 'pacific'), ('684', 'pacific'), ('438', 'canadian')
) as declared (npa, category)
left join public.enhanced_lerg as found using (npa)
where found.category is distinct from declared.category;
