-- check: R55_is_admin the policies' question for admins reads past the policies, and only that
-- after: migrations
-- severity: error
-- covers: R55
select format('private.is_admin() %s', complaint) as problem
from (select to_regprocedure('private.is_admin()') as oid) as declared
left join pg_catalog.pg_proc using (oid)
cross join lateral (
  values
    (oid is null, 'does not exist'),
    (not prosecdef, 'runs with the caller''s rights, so it runs into the policies of users'),
    (proconfig is distinct from array['search_path=""'], 'has no fixed search path'),
    (has_function_privilege('anon', oid, 'EXECUTE'), 'may be called by anon'),
    (not has_function_privilege('authenticated', oid, 'EXECUTE'),
      'may not be called by signed-in users, so every policy fails')
) as complaints (holds, complaint)
where holds;
