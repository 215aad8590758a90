-- The sign-up trigger goes with its function, and what was there before the first migration comes
-- back from its record. Where that is the older trial logic, new trials end in the past again.

-- auth.users belongs to another role, so the trigger cannot be dropped by its name.
drop function public.handle_new_user() cascade;

do $$
declare
  earlier record;
begin
  for earlier in
    select definition
    from stackwright.earlier_objects
    where kind = 'function' and to_regprocedure(name) is null
  loop
    execute earlier.definition;
  end loop;

  for earlier in
    select definition
    from stackwright.earlier_objects
    where kind = 'trigger' and not exists (
      select
      from pg_catalog.pg_trigger
      where tgrelid = 'auth.users'::regclass and tgname = earlier_objects.name
    )
  loop
    execute earlier.definition;
  end loop;
end
$$;
