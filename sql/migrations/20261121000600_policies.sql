-- The policies of the product's tables are exactly the declared ten; any other one is a
-- duplicate or was made by hand. Each one dropped is named in a notice with its definition.

do $$
declare
  found record;
begin
  for found in
    select tablename, policyname, cmd, roles, qual, with_check
    from pg_catalog.pg_policies
    where schemaname = 'public'
      and tablename in ('profiles', 'active_sessions', 'enhanced_lerg')
      and (tablename, policyname) not in (
        ('profiles', 'Users can view own profile'),
        ('profiles', 'Users can update own profile'),
        ('active_sessions', 'Users can view their own sessions'),
        ('active_sessions', 'Users can insert their own sessions'),
        ('active_sessions', 'Users can update their own sessions'),
        ('active_sessions', 'Users can delete their own sessions'),
        ('enhanced_lerg', 'Authenticated users can view enhanced LERG data'),
        ('enhanced_lerg', 'Service role can insert enhanced LERG data'),
        ('enhanced_lerg', 'Service role can update enhanced LERG data'),
        ('enhanced_lerg', 'Service role can delete enhanced LERG data')
      )
  loop
    raise notice 'Dropping undeclared policy "%" on %: % to %, using %, with check %',
      found.policyname, found.tablename, found.cmd, found.roles, found.qual, found.with_check;
    execute format('drop policy %I on public.%I', found.policyname, found.tablename);
  end loop;
end
$$;

-- No insert policy: the sign-up trigger makes profiles. No delete policy: users never delete them.
drop policy if exists "Users can view own profile" on public.profiles;
create policy "Users can view own profile" on public.profiles
  for select using ((select auth.uid()) = id);

drop policy if exists "Users can update own profile" on public.profiles;
create policy "Users can update own profile" on public.profiles
  for update using ((select auth.uid()) = id) with check ((select auth.uid()) = id);

-- What the two policies need, and nothing for callers who are not signed in.
revoke all on public.profiles from public, anon, authenticated;
grant select, update on public.profiles to authenticated;
