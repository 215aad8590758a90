-- check: R18 handle_new_user runs with its owner's rights and a fixed search path
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R18
with found as (
  select function.prosecdef, function.proconfig, language.lanname, function.prorettype
  from pg_catalog.pg_proc as function
  join pg_catalog.pg_language as language on language.oid = function.prolang
  where function.oid = to_regprocedure('public.handle_new_user()')
)
select 'the function public.handle_new_user() does not exist' as problem
where not exists (select from found)
union all
select 'handle_new_user() is not security definer' from found where not prosecdef
union all
select format('handle_new_user() has the settings %s, not the search path public, auth', coalesce(proconfig::text, '{}'))
from found
where proconfig is distinct from array['search_path=public, auth']
union all
select format('handle_new_user() is no plpgsql trigger function but %s returning %s', lanname, prorettype::regtype)
from found
where lanname <> 'plpgsql' or prorettype <> 'trigger'::regtype;
