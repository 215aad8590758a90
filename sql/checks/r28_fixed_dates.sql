-- check: R28 no function of the product contains a fixed calendar date
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R28
select format('%s contains the date %s', function.oid::regprocedure, date[1]) as problem
from pg_catalog.pg_proc as function
join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
cross join lateral regexp_matches(function.prosrc, '\m20\d\d-\d\d-\d\d', 'g') as date
where namespace.nspname not in (
    'pg_catalog', 'information_schema', 'auth', 'storage', 'realtime', 'extensions', 'vault',
    'graphql', 'graphql_public', 'pgbouncer', 'supabase_functions', 'net', 'cron'
  )
  and not exists (
    select
    from pg_catalog.pg_depend
    where classid = 'pg_proc'::regclass and objid = function.oid and deptype = 'e'
  )
order by 1;
