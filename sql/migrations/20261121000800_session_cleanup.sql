-- Every hour pg_cron marks the sessions that were silent for 24 hours as ended. It runs the
-- statement of cleanup-inactive-sessions in the database itself, so that no key has to be kept here
-- for a call from outside. On a server without pg_cron the check R51 says that nothing is scheduled.

do $do$
begin
  if to_regnamespace('cron') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron')
  then
    begin
      create extension pg_cron with schema pg_catalog;
    exception
      when others then
        raise warning 'pg_cron is there but could not be switched on: %', sqlerrm;
    end;
  end if;

  if to_regprocedure('cron.schedule(text, text, text)') is null then
    raise notice 'There is no pg_cron: no schedule cleans up sessions';
    return;
  end if;

  -- A job of that name is replaced.
  perform cron.schedule('cleanup-inactive-sessions', '23 * * * *', $$
    update public.active_sessions set is_active = false
    where is_active and last_heartbeat < now() - interval '24 hours'
  $$);
end
$do$;
