-- Every night pg_cron removes what the log has kept for 90 days. On a server without pg_cron, as the
-- sandbox's, nothing is scheduled, and the check R22 says so.

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
    raise notice 'There is no pg_cron: no schedule removes old rows of function_call_logs';
    return;
  end if;

  -- A job of that name is replaced.
  perform cron.schedule('prune-function-call-logs', '17 3 * * *', $$
    delete from public.function_call_logs where created_at < now() - interval '90 days'
  $$);
end
$do$;
