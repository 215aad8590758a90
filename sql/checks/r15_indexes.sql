-- check: R15 the named indexes exist, are usable and partial where declared
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R15 R17 R21
with declared (table_name, name, columns, predicate) as (
  values
    ('profiles', 'idx_profiles_subscription_id', 'subscription_id', '(subscription_id IS NOT NULL)'),
    ('profiles', 'idx_profiles_email', 'email', null),
    ('active_sessions', 'idx_active_sessions_user_id', 'user_id', null),
    ('active_sessions', 'idx_active_sessions_token', 'session_token', null),
    ('active_sessions', 'idx_active_sessions_active', 'is_active', 'is_active'),
    ('active_sessions', 'idx_active_sessions_heartbeat', 'last_heartbeat', 'is_active'),
    ('enhanced_lerg', 'idx_enhanced_lerg_npa', 'npa', null),
    ('enhanced_lerg', 'idx_enhanced_lerg_country', 'country_code', null),
    ('enhanced_lerg', 'idx_enhanced_lerg_category', 'category', null),
    ('enhanced_lerg', 'idx_enhanced_lerg_active', 'is_active', 'is_active'),
    ('enhanced_lerg', 'idx_enhanced_lerg_confidence', 'confidence_score', null)
),
found as (
  select
    index_class.relname::text as name,
    pg_get_indexdef(index.indexrelid, 1, false) as columns,
    pg_get_expr(index.indpred, index.indrelid) as predicate,
    index.indisvalid and index.indnatts = 1 as usable,
    table_class.relname::text as table_name
  from pg_catalog.pg_index as index
  join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
  join pg_catalog.pg_class as table_class on table_class.oid = index.indrelid
  where table_class.relnamespace = 'public'::regnamespace
)
select format(
    'index %s on %s: declared on (%s) where %s, found %s',
    declared.name, declared.table_name, declared.columns, coalesce(declared.predicate, 'true'),
    coalesce(found::text, 'nothing')
  ) as problem
from declared
left join found using (name)
where (declared.table_name, declared.columns, declared.predicate, true)
  is distinct from (found.table_name, found.columns, found.predicate, found.usable)
order by declared.name;
