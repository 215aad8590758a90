-- check: R17 log_function_call has its arguments, its owner's rights and a fixed search path
-- after: migrations
-- severity: error
-- covers: R17
select format('log_function_call(text, uuid, integer, boolean, text) %s', complaint) as problem
from (
  select to_regprocedure('public.log_function_call(text, uuid, integer, boolean, text)') as oid
) as declared
left join pg_catalog.pg_proc using (oid)
cross join lateral (
  values
    (oid is null, 'does not exist'),
    (not prosecdef, 'runs with the caller''s rights'),
    (proconfig is distinct from array['search_path=""'], 'has no fixed search path'),
    (pronargdefaults <> 1, 'does not take its error text as optional'),
    (prorettype <> 'void'::regtype, 'returns something')
) as complaints (holds, complaint)
where holds
union all
select format('there is another log_function_call: %s', oid::regprocedure)
from pg_catalog.pg_proc
where proname = 'log_function_call' and pronamespace = 'public'::regnamespace
  and oid is distinct from
    to_regprocedure('public.log_function_call(text, uuid, integer, boolean, text)');
