-- What a browser with the public key can reach. The backend works with the service key, which no
-- policy limits. `(select auth.uid())` is evaluated once for a statement, `auth.uid()` for each row.

-- A policy on `users` that asks `users` who is an admin runs into itself ("infinite recursion
-- detected in policy"). This function reads with its owner's rights instead, and stands in a schema
-- that the Data API does not serve.
create schema if not exists private;
revoke all on schema private from public;
grant usage on schema private to authenticated;

create or replace function private.is_admin()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select from public.users where id = (select auth.uid()) and role = 'admin'
  )
$$;
comment on function private.is_admin() is
  'Whether the caller is an admin; asked by the policies, past the policies of users itself.';
revoke all on function private.is_admin() from public, anon;
grant execute on function private.is_admin() to authenticated;

-- Supabase grants every new table to anon and authenticated in full: take that back first. No policy
-- can keep a user from a column of the own row, so that is what the grants are for.

alter table public.users enable row level security;
revoke all on public.users from public, anon, authenticated;
grant select, update (username, first_name, last_name, updated_at) on public.users to authenticated;
create policy "Users view the own row, admins all" on public.users
  for select to authenticated
  using ((select auth.uid()) = id or (select private.is_admin()));
create policy "Users update the own row" on public.users
  for update to authenticated
  using ((select auth.uid()) = id) with check ((select auth.uid()) = id);

alter table public.quests enable row level security;
revoke all on public.quests from public, anon, authenticated;
grant select on public.quests to anon;
grant select, insert, update, delete on public.quests to authenticated;
create policy "Everyone views active quests" on public.quests
  for select to anon, authenticated
  using (is_active);
create policy "Users view the own quests" on public.quests
  for select to authenticated
  using ((select auth.uid()) = created_by);
create policy "Admins view and write all quests" on public.quests
  for all to authenticated
  using ((select private.is_admin())) with check ((select private.is_admin()));

-- The policies of quests hold within this subquery too, so the tasks of visible quests are visible.
alter table public.quest_tasks enable row level security;
revoke all on public.quest_tasks from public, anon, authenticated;
grant select on public.quest_tasks to anon;
grant select, insert, update, delete on public.quest_tasks to authenticated;
create policy "Everyone views the tasks of visible quests" on public.quest_tasks
  for select to anon, authenticated
  using (quest_id in (select quests.id from public.quests));
create policy "Admins write tasks" on public.quest_tasks
  for all to authenticated
  using ((select private.is_admin())) with check ((select private.is_admin()));

alter table public.quest_task_completions enable row level security;
revoke all on public.quest_task_completions from public, anon, authenticated;
grant select, insert on public.quest_task_completions to authenticated;
create policy "Users view the own completions, admins all" on public.quest_task_completions
  for select to authenticated
  using ((select auth.uid()) = user_id or (select private.is_admin()));
create policy "Users insert the own completions" on public.quest_task_completions
  for insert to authenticated
  with check ((select auth.uid()) = user_id);

alter table public.user_skill_xp enable row level security;
revoke all on public.user_skill_xp from public, anon, authenticated;
grant select on public.user_skill_xp to authenticated;
create policy "Users view the own XP, admins all" on public.user_skill_xp
  for select to authenticated
  using ((select auth.uid()) = user_id or (select private.is_admin()));

alter table public.user_quests enable row level security;
revoke all on public.user_quests from public, anon, authenticated;
grant select, insert, update on public.user_quests to authenticated;
create policy "Users view the own quests, admins all" on public.user_quests
  for select to authenticated
  using ((select auth.uid()) = user_id or (select private.is_admin()));
create policy "Users start quests" on public.user_quests
  for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy "Users update the own quests" on public.user_quests
  for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);

-- What only a review fills in cannot be sent along.
alter table public.quest_submissions enable row level security;
revoke all on public.quest_submissions from public, anon, authenticated;
grant select, insert, update on public.quest_submissions to authenticated;
create policy "Users view the own submissions, admins all" on public.quest_submissions
  for select to authenticated
  using ((select auth.uid()) = user_id or (select private.is_admin()));
create policy "Users hand in pending submissions" on public.quest_submissions
  for insert to authenticated
  with check (
    (select auth.uid()) = user_id and status = 'pending'
    and approved_quest_id is null and admin_notes is null and reviewed_at is null
  );
create policy "Admins review submissions" on public.quest_submissions
  for update to authenticated
  using ((select private.is_admin())) with check ((select private.is_admin()));

-- Only the recipient answers, only once, and with nothing but the status.
alter table public.friendships enable row level security;
revoke all on public.friendships from public, anon, authenticated;
grant select on public.friendships to authenticated;
grant insert (requester_id, addressee_id, status) on public.friendships to authenticated;
grant update (status) on public.friendships to authenticated;
create policy "Both parties view a request, admins all" on public.friendships
  for select to authenticated
  using ((select auth.uid()) in (requester_id, addressee_id) or (select private.is_admin()));
create policy "Users send pending requests" on public.friendships
  for insert to authenticated
  with check ((select auth.uid()) = requester_id and status = 'pending');
create policy "Recipients answer a request" on public.friendships
  for update to authenticated
  using ((select auth.uid()) = addressee_id and status = 'pending')
  with check ((select auth.uid()) = addressee_id and status in ('accepted', 'rejected'));

-- `diplomas` stays as production has it, but no table of public is left open.
alter table public.diplomas enable row level security;
