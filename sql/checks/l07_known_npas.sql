-- check: L7 some well-known NPAs lie where everybody knows them to
-- after: reference_data
-- severity: error
-- covers: R29 R30
with declared (npa, country_name, state_province_name, category, confidence_score) as (
  values
    ('212', 'United States', 'New York', 'us-domestic', 100),
    ('416', 'Canada', 'Ontario', 'canadian', 100),
    ('787', 'Puerto Rico', 'Puerto Rico', 'us-territory', 100),
    ('264', 'Anguilla', null, 'caribbean', 100)
)
select format(
    'NPA %s: declared %s, found %s', npa, declared::text,
    coalesce((found.country_name, found.state_province_name, found.category, found.confidence_score)::text, 'nothing')
  ) as problem
from declared
left join public.enhanced_lerg as found using (npa)
where (declared.country_name, declared.state_province_name, declared.category, declared.confidence_score)
  is distinct from
  (found.country_name, found.state_province_name, found.category, found.confidence_score)
  and found.source is distinct from 'manual';
