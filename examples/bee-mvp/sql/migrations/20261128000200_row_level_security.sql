-- Who reaches which rows. "Own" means that the row's user is the one of the caller's token;
-- `(select auth.uid())` is evaluated once for a statement, `auth.uid()` for each row. CREATE POLICY
-- knows no IF NOT EXISTS: what is applied again is dropped first.

-- Every table of public, also those that nobody declared: without a policy it is closed.
do $$
declare
  open_table regclass;
begin
  for open_table in
    select oid
    from pg_catalog.pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
    order by relname
  loop
    raise notice 'Row-level security is switched on for %', open_table;
    execute format('alter table %s enable row level security', open_table);
  end loop;
end
$$;

-- Supabase grants every new table to anon and authenticated in full: take that back first.
revoke all on public.engagement_events, public.daily_engagement_scores, public.user_fcm_tokens,
  public.today_feed_items, public.push_notifications, public.function_call_logs
  from public, anon, authenticated;

grant select, insert, update, delete on public.engagement_events to authenticated;
drop policy if exists "Users handle the own events" on public.engagement_events;
create policy "Users handle the own events" on public.engagement_events
  for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);

-- Scores are written by the function, never by a user.
grant select on public.daily_engagement_scores to authenticated;
drop policy if exists "Users view the own scores" on public.daily_engagement_scores;
create policy "Users view the own scores" on public.daily_engagement_scores
  for select to authenticated
  using ((select auth.uid()) = user_id);

grant select, insert, update, delete on public.user_fcm_tokens to authenticated;
drop policy if exists "Users handle the own tokens" on public.user_fcm_tokens;
create policy "Users handle the own tokens" on public.user_fcm_tokens
  for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);

grant select on public.today_feed_items to authenticated;
drop policy if exists "Users view what is published" on public.today_feed_items;
create policy "Users view what is published" on public.today_feed_items
  for select to authenticated
  using (published_at <= now());

grant select on public.push_notifications to authenticated;
drop policy if exists "Users view the own notifications" on public.push_notifications;
create policy "Users view the own notifications" on public.push_notifications
  for select to authenticated
  using ((select auth.uid()) = user_id);
