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

-- The older trial logic with its fixed end date. The function goes first and takes its trigger
-- along: auth.users belongs to another role, whose triggers only that role may drop by name.
drop function if exists public.handle_new_user_trial() cascade;
drop trigger if exists on_auth_user_created_set_trial on auth.users;
