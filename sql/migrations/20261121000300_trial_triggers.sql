-- One place for onboarding: the sign-up trigger makes the profile and starts the trial.

create or replace function public.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = public, auth
as $$
begin
  insert into public.profiles (
    id, email, subscription_status, subscription_plan, plan_expires_at,
    total_uploads, created_at, updated_at
  )
  values (
    new.id, new.email, 'trial', 'accelerator', now() + interval '7 days',
    0, now(), now()
  );
  raise notice 'Made the profile of user % with a trial of 7 days', new.id;
  return new;
exception
  when others then
    -- A sign-up must never fail for its profile; the check "orphan_users" finds what was missed.
    raise warning 'Could not make the profile of user %: %', new.id, sqlerrm;
    return new;
end
$$;

comment on function public.handle_new_user() is
  'Makes the profile of a new auth user and starts its 7-day trial; the only place for onboarding.';

revoke all on function public.handle_new_user() from public, anon, authenticated;
grant execute on function public.handle_new_user() to service_role;

create or replace trigger on_auth_user_created
  after insert on auth.users
  for each row execute function public.handle_new_user();

-- The older trial logic with its fixed end date. auth.users belongs to another role, whose triggers
-- only that role may drop by name: so the function goes and takes its trigger along. A trigger that
-- calls another function is pointed at this one first; that other function stays.
do $$
begin
  if exists (
    select
    from pg_catalog.pg_trigger
    where tgrelid = 'auth.users'::regclass
      and tgname = 'on_auth_user_created_set_trial'
      and tgfoid is distinct from to_regprocedure('public.handle_new_user_trial()')
  ) then
    create or replace function public.handle_new_user_trial() returns trigger
    language plpgsql as 'begin return new; end';
    create or replace trigger on_auth_user_created_set_trial
      after insert on auth.users
      for each row execute function public.handle_new_user_trial();
  end if;
end
$$;
drop function if exists public.handle_new_user_trial() cascade;
