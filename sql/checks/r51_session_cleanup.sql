-- check: R51 a schedule marks silent sessions as ended
-- after: migrations
-- severity: warn
-- covers: R51
-- The table of jobs is there only with pg_cron, so it is read by a query within the query.
select case
    when to_regclass('cron.job') is null
      then 'there is no pg_cron: call cleanup-inactive-sessions from elsewhere, every hour'
    else 'pg_cron has no active job cleanup-inactive-sessions'
  end as problem
where case
    when to_regclass('cron.job') is null then true
    else query_to_xml(
      $$select 1 as found from cron.job where jobname = 'cleanup-inactive-sessions' and active$$,
      false, true, ''
    )::text not like '%found%'
  end;
