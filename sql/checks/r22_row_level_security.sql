-- check: R22 row-level security is enabled on the product's tables
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R22
select format('%s: %s', name,
    case when oid is null then 'the table does not exist' else 'row-level security is off' end) as problem
from (values ('profiles'), ('active_sessions'), ('enhanced_lerg')) as declared (name)
left join pg_catalog.pg_class on oid = to_regclass('public.' || name)
where relrowsecurity is not true;
