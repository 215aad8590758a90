-- The app listens to changes of its user's scores. Adding a table twice is an error of the server,
-- so it is asked first; nothing else is added.

do $$
begin
  if not exists (
    select
    from pg_catalog.pg_publication_tables
    where pubname = 'supabase_realtime'
      and schemaname = 'public' and tablename = 'daily_engagement_scores'
  ) then
    alter publication supabase_realtime add table public.daily_engagement_scores;
  end if;
end
$$;
