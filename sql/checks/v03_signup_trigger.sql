-- check: V3 on_auth_user_created is the only product trigger on auth.users
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R19
with found as (
  select
    trigger.tgname::text as name,
    trigger.tgenabled = 'O' as enabled,
    pg_get_triggerdef(trigger.oid) as definition,
    namespace.nspname || '.' || function.proname as calls
  from pg_catalog.pg_trigger as trigger
  join pg_catalog.pg_proc as function on function.oid = trigger.tgfoid
  join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
  where trigger.tgrelid = to_regclass('auth.users')
    and not trigger.tgisinternal
    and namespace.nspname not in ('auth', 'storage', 'realtime', 'extensions', 'vault', 'supabase_functions')
)
select format('auth.users has the trigger %s calling %s, which is not declared', name, calls) as problem
from found
where name <> 'on_auth_user_created'
union all
select format('the trigger on_auth_user_created is not as declared: %s', definition)
from found
where name = 'on_auth_user_created'
  and not (enabled and definition ~ 'AFTER INSERT ON auth\.users FOR EACH ROW EXECUTE FUNCTION (public\.)?handle_new_user\(\)$')
union all
select 'auth.users lacks the trigger on_auth_user_created'
where not exists (select from found where name = 'on_auth_user_created');
