-- check: V11 the older trial logic is gone and nothing makes a profile twice
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R19
select format('the function %s still exists', oid::regprocedure) as problem
from pg_catalog.pg_proc
where proname = 'handle_new_user_trial'
union all
select format('%s triggers on auth.users call %s', count(*), tgfoid::regprocedure)
from pg_catalog.pg_trigger
where tgrelid = to_regclass('auth.users') and not tgisinternal
group by tgfoid
having count(*) > 1
union all
select format('the trigger %s still exists', tgname)
from pg_catalog.pg_trigger
where tgrelid = to_regclass('auth.users') and tgname = 'on_auth_user_created_set_trial';
