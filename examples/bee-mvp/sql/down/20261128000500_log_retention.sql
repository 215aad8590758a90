-- Rows stay for ever from here on.

do $$
begin
  if to_regclass('cron.job') is not null then
    perform cron.unschedule(jobname)
    from cron.job
    where jobname = 'prune-function-call-logs';
  end if;
end
$$;
