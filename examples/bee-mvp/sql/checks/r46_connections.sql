-- check: R46_connections fewer than 80 % of the database's connections are in use
-- after: migrations
-- severity: warn
-- covers: R46
select format('%s of %s connections are in use', used, most) as problem
from (
  select count(*) as used, current_setting('max_connections')::integer as most
  from pg_catalog.pg_stat_activity
  where backend_type = 'client backend'
) as counted
where used >= 0.8 * most;
