-- check: R20_constraints enhanced_lerg has its keys and accepts only the declared values
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R20
with declared (name, definition) as (
  values
    ('enhanced_lerg_pkey', 'PRIMARY KEY (id)'),
    ('enhanced_lerg_npa_key', 'UNIQUE (npa)'),
    ('npa_format', 'CHECK ((npa ~ ''^[0-9]{3}$''::text))'),
    ('enhanced_lerg_category_check',
      'CHECK ((category = ANY (ARRAY[''us-domestic''::text, ''canadian''::text, '
      || '''caribbean''::text, ''us-territory''::text, ''pacific''::text])))'),
    ('enhanced_lerg_source_check',
      'CHECK ((source = ANY (ARRAY[''lerg''::text, ''manual''::text, ''inferred''::text])))'),
    ('enhanced_lerg_confidence_score_check',
      'CHECK (((confidence_score >= 0) AND (confidence_score <= 100)))')
),
found as (
  select conname::text as name, pg_get_constraintdef(oid) as definition
  from pg_catalog.pg_constraint
  where conrelid = to_regclass('public.enhanced_lerg') and contype in ('p', 'u', 'f', 'c')
)
select format(
    'enhanced_lerg, constraint %s: declared %s, found %s',
    name, coalesce(declared.definition, 'nothing'), coalesce(found.definition, 'nothing')
  ) as problem
from declared
full join found using (name)
where declared.definition is distinct from found.definition
order by name;
