-- check: R24_functions of the callers only the service role may execute handle_new_user
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R24
select format('%s %s execute handle_new_user()', role,
    case may when true then 'may' else 'may not' end) as problem
from (values ('anon', false), ('authenticated', false), ('service_role', true)) as declared (role, expected)
cross join lateral (
  select has_function_privilege(role, to_regprocedure('public.handle_new_user()'), 'EXECUTE') as may
) as found
where may is distinct from expected;
