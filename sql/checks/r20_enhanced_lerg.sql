-- check: R20 enhanced_lerg has exactly its columns
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R20
with declared (position, name, type, nullable, default_value) as (
  values
    (1, 'id', 'uuid', false, 'gen_random_uuid()'),
    (2, 'npa', 'text', false, null),
    (3, 'country_code', 'text', false, null),
    (4, 'country_name', 'text', false, null),
    (5, 'state_province_code', 'text', true, null),
    (6, 'state_province_name', 'text', true, null),
    (7, 'category', 'text', false, null),
    (8, 'confidence_score', 'integer', false, '100'),
    (9, 'source', 'text', false, '''lerg''::text'),
    (10, 'is_active', 'boolean', false, 'true'),
    (11, 'created_at', 'timestamp with time zone', false, 'now()'),
    (12, 'updated_at', 'timestamp with time zone', false, 'now()')
),
found as (
  select
    (row_number() over (order by ordinal_position))::integer as position,
    column_name::text as name,
    data_type::text as type,
    is_nullable = 'YES' as nullable,
    column_default::text as default_value
  from information_schema.columns
  where table_schema = 'public' and table_name = 'enhanced_lerg'
)
select format(
    'enhanced_lerg, column %s: declared %s, found %s',
    coalesce(declared.name, found.name),
    coalesce(declared::text, 'nothing'),
    coalesce(found::text, 'nothing')
  ) as problem
from declared
full join found using (name)
where declared::text is distinct from found::text
order by coalesce(declared.position, found.position);
