-- check: R22 calls that are older than 90 days leave the log
-- after: migrations
-- severity: warn
-- covers: R22
-- The table of jobs is there only with pg_cron, so it is read by a query within the query. One day
-- of grace: the job runs once a night.
select case
    when to_regclass('cron.job') is null
      then 'there is no pg_cron: delete old rows of function_call_logs from elsewhere, every day'
    else 'pg_cron has no active job prune-function-call-logs'
  end as problem
where case
    when to_regclass('cron.job') is null then true
    else query_to_xml(
      $$select 1 as found from cron.job where jobname = 'prune-function-call-logs' and active$$,
      false, true, ''
    )::text not like '%found%'
  end
union all
select format('%s calls in function_call_logs are older than 91 days', count(*))
from public.function_call_logs
where created_at < now() - interval '91 days'
having count(*) > 0;
