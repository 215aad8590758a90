-- check: R18 the service role may write the log through the function, nobody else
-- after: migrations
-- severity: error
-- covers: R18
select format('%s %s call %s', role, case when may then 'may' else 'may not' end,
    pg_proc.oid::regprocedure) as problem
from pg_catalog.pg_proc
cross join (values ('anon', false), ('authenticated', false), ('service_role', true))
  as declared (role, expected)
cross join lateral (select has_function_privilege(role, pg_proc.oid, 'EXECUTE') as may) as found
where proname = 'log_function_call' and pronamespace = 'public'::regnamespace
  and may is distinct from expected
order by 1;
