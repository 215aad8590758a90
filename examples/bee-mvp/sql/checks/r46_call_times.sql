-- check: R46 in the last hour each function answered 95 of 100 calls within 2 s
-- after: migrations
-- severity: warn
-- covers: R44 R46
select format('%s: 95 of 100 calls took up to %s ms in the last hour (%s calls), the limit is 2000 ms',
    function_name, round(percentile), calls) as problem
from (
  select
    function_name,
    count(*) as calls,
    percentile_cont(0.95) within group (order by execution_time_ms) as percentile
  from public.function_call_logs
  where created_at > now() - interval '1 hour'
  group by function_name
) as measured
where percentile >= 2000
order by function_name;
