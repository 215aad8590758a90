-- The policies of profiles go, and those that were there before the first migration come back from
-- their record, on all three tables. Callers get the grants that Supabase gives to a new table.
drop policy "Users can view own profile" on public.profiles;
drop policy "Users can update own profile" on public.profiles;

do $$
declare
  earlier record;
begin
  for earlier in
    select definition
    from stackwright.earlier_objects
    where kind = 'policy' and not exists (
      select
      from pg_catalog.pg_policies
      where schemaname = 'public'
        and earlier_objects.name = format('%s on %s', policyname, tablename)
    )
  loop
    execute earlier.definition;
  end loop;
end
$$;

grant all on public.profiles to anon, authenticated;
