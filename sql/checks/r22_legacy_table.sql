-- check: R22_legacy callers cannot write to lerg_codes
-- after: migrations
-- severity: warn
-- reads: schema
-- covers: R22
-- The older table is kept as it is for a while; this says what it lets everybody do.
select format('lerg_codes: row-level security is off, and %s holds %s', role, privilege) as problem
from pg_catalog.pg_class
cross join unnest(array['anon', 'authenticated']) as role
cross join unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as privilege
where pg_class.oid = to_regclass('public.lerg_codes')
  and not relrowsecurity
  and has_table_privilege(role, pg_class.oid, privilege)
order by role, privilege;
