-- The job goes; pg_cron stays, for others may use it. Sessions that were marked stay marked.
do $$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  if exists (select from cron.job where jobname = 'cleanup-inactive-sessions') then
    perform cron.unschedule('cleanup-inactive-sessions');
  end if;
end
$$;
